"""Single Path One-Shot as a method of the search's loop: random paths in training, then their evolution."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.errors import InputError
from econas_jax.supernet.chain_configs import SposConfig
from econas_jax.supernet.chains.bins import BinSampler
from econas_jax.supernet.chains.cost import CostTable, multiply_add_table
from econas_jax.supernet.chains.evolution import Evolution, check_limit, evolve
from econas_jax.supernet.chains.method import ChainMethod
from econas_jax.supernet.chains.sampling import available, sample_path
from econas_jax.supernet.chains.task import ChainTask
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.methods.method import Derived, Judging, Phase
from econas_jax.supernet.ranking import Ranked
from econas_jax.supernet.task import TRAINED, Batches, Measures, Moment, SupernetState, Tree
from econas_jax.training.keys import derive


@dataclasses.dataclass(frozen=True)
class SposSearch(ChainMethod):
    """Single Path One-Shot: nothing is learnt but the weights. Raises InputError for bounds that no path fits."""

    config: SposConfig

    def __post_init__(self) -> None:
        try:
            check_limit(self._evolution, self.task.network.space, self._costs)
        except InputError as error:
            raise InputError("search.max_multiply_adds", error.value, error.allowed) from None
        if self.config.sampling == "bins":
            try:
                self._sampler  # noqa: B018 - made now, so that a mistake is told
            except InputError as error:
                raise InputError("search.lowest_cost, search.highest_cost", error.value, error.allowed) from None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """One, of the weights."""
        return (Phase("weights", PhaseReads(None, True, 0), self.weights_step, TRAINED),)

    @property
    def judging(self) -> Judging:
        """Each by running statistics of its own."""
        return Judging(self.config.evaluation_batch_size, self.config.statistics_batches)

    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns no architecture and no memory."""
        return (), ()

    def derived(self, architecture: Tree) -> Derived:
        """Returns nothing: the evolution at the end finds the networks."""
        return Derived(None, None, {}, {})

    def rank(self, architecture: Tree, seed: int, judge: Callable[[Any], Ranked]) -> None:
        """Has the paths of all generations judged, each of them once."""
        space = self.task.network.space
        evolve(space, self._costs, lambda paths: [judge(path).accuracy for path in paths], self._evolution, seed)

    def weights_step(
        self, task: ChainTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the weights of a random path."""
        key = derive(moment.seed, "architecture sample", moment.epoch, moment.step)
        return task.stepped(state, self._path(key), batches.weights, moment)

    def _path(self, key: jax.Array) -> jax.Array:
        if self.config.sampling == "bins":
            return self._sampler.sample(key)
        there = available(self.task.network.space)
        return sample_path(key, jnp.zeros(there.shape), there)

    @functools.cached_property
    def _sampler(self) -> BinSampler:
        config = self.config
        bounds = config.lowest_cost, config.highest_cost, config.bins
        return BinSampler(self.task.network.space, self._costs, *bounds)

    @functools.cached_property
    def _evolution(self) -> Evolution:
        config = self.config
        return Evolution(
            members=config.members,
            generations=config.generations,
            parents=config.parents,
            mutations=config.mutations,
            crossovers=config.crossovers,
            probability=config.mutation_probability,
            limit=config.max_multiply_adds,
        )

    @functools.cached_property
    def _costs(self) -> CostTable:
        network = self.task.network
        return multiply_add_table(network.space, self.task.resolution, network.num_classes)
