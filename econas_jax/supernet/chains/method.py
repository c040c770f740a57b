"""What searches for chains share."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax

from econas_jax.spaces.chain.network import multiply_adds, parameters
from econas_jax.spaces.chain.space import ChainSpace, Path
from econas_jax.spaces.chain.text import chain_text, parse_chain
from econas_jax.supernet.chains.evaluation import correct_images
from econas_jax.supernet.chains.task import ChainTask
from econas_jax.supernet.methods.method import SupernetMethod
from econas_jax.supernet.result import Found
from econas_jax.supernet.task import SupernetState, Tree
from econas_jax.training.epoch import Images


@dataclasses.dataclass(frozen=True)
class ChainMethod(SupernetMethod):
    """A way to search for a chain of blocks."""

    config: Any  # of the method
    task: ChainTask
    full: ChainSpace  # of the width that networks are told in, and retrained

    def text(self, genotype: Path) -> str:
        """Returns the text of a path's network."""
        return chain_text(self.full.network(genotype))

    def described(self, genotype: str, epoch: int, accuracy: float | None = None) -> Found:
        """Returns a network with its costs; the multiply-adds are those of an image of the search."""
        chain, classes = parse_chain(genotype), self.task.network.num_classes
        facts = {
            "skips": sum(not block.main for block in chain.blocks),
            "parameters": parameters(chain, num_classes=classes),
            "multiply_adds": multiply_adds(chain, resolution=self.task.resolution, num_classes=classes),
        }
        return Found(genotype, epoch, accuracy, facts)

    def accuracy(self, task: ChainTask, state: SupernetState, code: Tree, images: Images, key: jax.Array) -> jax.Array:
        """Returns a path's accuracy by the running statistics of the state."""
        weights, batch = state.weights, task.prepared(images)
        return correct_images(task.network, weights.params, weights.batch_stats, code, batch) / len(batch.labels)
