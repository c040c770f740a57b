"""The supernet of a search for a chain, and how its weights are trained."""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import jax
import numpy as np

from econas_jax.nn.chain import ChainSupernet
from econas_jax.spaces.chain.space import Path
from econas_jax.supernet.chain_configs import ChainTrainingConfig
from econas_jax.supernet.chains.evaluation import averaged_statistics
from econas_jax.supernet.chains.weights import WeightsRecipe, initial_weights, weights_step
from econas_jax.supernet.task import Measures, Moment, SupernetState, Task, Tree
from econas_jax.training.epoch import Images
from econas_jax.training.state import TrainState


class WarmUp(NamedTuple):
    """The first epochs of a search, with a schedule of their own."""

    epochs: int = 0
    learning_rate: float = 0.0  # where its cosine to 0 begins


@dataclasses.dataclass(frozen=True)
class ChainTask(Task):
    """A supernet of chains; the code of a path is its numbers."""

    network: ChainSupernet  # called with images and a path
    training: ChainTrainingConfig
    resolution: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    warm_up: WarmUp = WarmUp()

    def initial(self, key: jax.Array) -> TrainState:
        """Returns the weights before the first step."""
        return initial_weights(self.network, key, self.resolution)

    def learning_rate(self, epochs: int, epoch: int, share: float) -> float:
        """Returns the rate of a step, which falls to 0 once in the warm-up and once after it."""
        if epoch < self.warm_up.epochs:
            return self.warm_up.learning_rate * _cosine((epoch + share) / self.warm_up.epochs)
        done = (epoch - self.warm_up.epochs + share) / (epochs - self.warm_up.epochs)
        return self.training.learning_rate * (_cosine(done) if self.training.schedule == "cosine" else 1 - done)

    def code(self, genotype: Path) -> np.ndarray:
        """Returns the numbers of a path, int32 [places]."""
        return np.array(genotype, np.int32)

    def calibrated(self, state: SupernetState, running: Tree, code: Tree, images: Images, number: jax.Array) -> Tree:
        """Returns a path's running statistics, means over batches; see `path_statistics`."""
        params = state.weights.params
        return averaged_statistics(self.network, params, running, code, self.prepared(images).images, number)

    def stepped(
        self, state: SupernetState, path: jax.Array, images: Images | None, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Takes a step of the weights of a path by a batch as stored."""
        batch, training = self.augmented(images, "augmentation", moment), self.training
        recipe = WeightsRecipe(
            training.momentum,
            training.nesterov,
            training.weight_decay,
            training.decays_vectors,
            training.label_smoothing,
        )
        weights, measures = weights_step(self.network, recipe, state.weights, path, batch, moment.learning_rate)
        return state._replace(weights=weights), measures


def _cosine(done: float) -> float:
    return (1 + math.cos(math.pi * done)) / 2
