"""One-shot search by uniform sampling (Guo et al., 2020) on the cells of DARTS.

Every step trains the weights of one random pair of cells. At the end random cells are ranked by the accuracy that they
have with these weights.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.nn.darts.supernet.places import edge_count
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, Genotype
from econas_jax.spaces.darts.space import DartsSpace
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.method_configs import OneShotConfig
from econas_jax.supernet.methods.method import Method, Phase, Setting
from econas_jax.supernet.steps import chosen_weights_step
from econas_jax.supernet.task import TRAINED, Batches, Measures, Moment, SupernetState, SupernetTask, Tree
from econas_jax.training.keys import derive

OPERATIONS = SEARCH_OPERATIONS[1:]  # all but `none`


@dataclasses.dataclass(frozen=True)
class OneShot(Method):
    """Uniform sampling: nothing is learnt but the weights."""

    config: OneShotConfig
    setting: Setting

    @property
    def phases(self) -> tuple[Phase, ...]:
        """One, of the weights."""
        return (Phase("weights", PhaseReads(None, True, 0), self.step, TRAINED),)

    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns no architecture and no memory."""
        return (), ()

    def probabilities(self, architecture: Tree) -> None:
        """Returns None: all operations count alike."""
        return None

    def genotype(self, architecture: Tree) -> None:
        """Returns None: the ranking at the end finds the cells."""
        return None

    def candidates(self, architecture: Tree, seed: int) -> tuple[Genotype, ...]:
        """Returns random cells, each edge's operation and input uniform and independent as in a step."""
        space = DartsSpace(nodes=self.setting.network.nodes, operations=OPERATIONS, concat="all")
        rng = np.random.default_rng([seed, self.config.candidates])
        return tuple(space.sample(rng) for _ in range(self.config.candidates))

    def step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the weights of a random pair of cells."""
        key = derive(moment.seed, "architecture sample", moment.epoch, moment.step)
        training = task.augmented(batches.weights, "augmentation", moment)
        return chosen_weights_step(task, state, uniform_edges(key, task.nodes), training, moment.learning_rate)


def uniform_edges(key: jax.Array, nodes: int) -> EdgeWeights:
    """Draws two edges a node, counted: each reads any earlier state by any operation but `none`."""
    return EdgeWeights(*(_uniform_table(each, nodes) for each in jax.random.split(key, 2)))


def _uniform_table(key: jax.Array, nodes: int) -> jax.Array:
    states = jnp.repeat(CELL_INPUTS + jnp.arange(nodes), 2)  # that each edge chooses from
    begins = jnp.asarray(np.repeat([edge_count(node) for node in range(nodes)], 2))
    one, other = jax.random.split(key)
    sources = jax.random.randint(one, states.shape, 0, states)
    operations = jax.random.randint(other, states.shape, 1, len(SEARCH_OPERATIONS))
    table = jnp.zeros((edge_count(nodes), len(SEARCH_OPERATIONS)))
    return table.at[begins + sources, operations].add(1.0)
