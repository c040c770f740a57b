"""Regularized evolution (Real et al., "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019).

The population is a queue: a child of the best of a random sample enters it, and the oldest member leaves it, however
good it is. The search behind AmoebaNet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from econas_jax.algorithms.algorithm import AlgorithmState, Group, Member, Result, Trial
from econas_jax.algorithms.base import BaseAlgorithm, TrainsOnce
from econas_jax.algorithms.drawing import Mutation, draw_candidates, no_parent
from econas_jax.algorithms.pipeline import Pipelined
from econas_jax.algorithms.selection import best_distinct, completed_members, tournament
from econas_jax.errors import require, require_integer, require_number
from econas_jax.spaces.space import Genotype, Space


@dataclass(frozen=True)
class RegularizedEvolutionConfig(Pipelined, TrainsOnce):
    """The constants of the search; raises InputError for values that make no search.

    The paper's workers are asynchronous, so that ages depend on timing. Here a round's children all have their parents
    in the population before it, and enter it in the order in which they were drawn; batch=1 is the algorithm one child
    at a time.
    """

    length_field: ClassVar[str] = "candidates"

    population: int = 100  # P; drawn at random as round 0
    sample: int = 25  # S; members drawn with replacement, the best of which is the parent
    candidates: int = 20_000  # in all: the population, then children, rounded up to whole batches
    batch: int = 20  # children that are asked for at once, which makes a round
    epochs: int = 25  # of each candidate
    identity_probability: float = 0.0  # of a child being its parent's copy, the paper's third mutation
    skip_repeats: bool = False  # never train two genotypes of one function; the paper trains repeats

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("population", self.population, 1)
        require_integer("sample", self.sample, 1)
        require_integer("batch", self.batch, 1)
        require_integer("candidates", self.candidates, 1)
        allowed = f"at least population ({self.population}), which is round 0: set both"
        require(self.candidates >= self.population, "candidates", self.candidates, allowed)
        # A batch that is cut short could not be filled up when the search is made longer.
        missing = (self.population - self.candidates) % self.batch
        object.__setattr__(self, "candidates", self.candidates + missing)
        require_integer("epochs", self.epochs, 1)
        require(isinstance(self.skip_repeats, bool), "skip_repeats", self.skip_repeats, "True or False")
        allowed = "a number in [0, 1)"
        require_number("identity_probability", self.identity_probability, lambda share: 0 <= share < 1, allowed)
        repeats_wanted = self.identity_probability > 0 and self.skip_repeats
        allowed = "0 with skip_repeats, which trains no copy, or skip_repeats=False"
        require(not repeats_wanted, "identity_probability", self.identity_probability, allowed)

    @property
    def rounds(self) -> int:
        """The number of the last round of children; the initial population is round 0."""
        return (self.candidates - self.population) // self.batch


@dataclass(frozen=True)
class RegularizedEvolutionState(AlgorithmState):
    """Everything the search needs to go on, except its space, config and seed."""

    history: tuple[Member, ...] = ()  # all candidates that were trained to the end, oldest first


class RegularizedEvolution(BaseAlgorithm[RegularizedEvolutionState, RegularizedEvolutionConfig]):
    """The search as pure functions from state to state.

    A failed candidate uses up its turn and enters nothing: the population is the newest P of the history, fewer while
    the history is shorter. A child of an empty population is drawn at random.
    """

    def init(self) -> RegularizedEvolutionState:
        """Returns the state before the initial population."""
        return RegularizedEvolutionState()

    def propose(self, state: RegularizedEvolutionState) -> RegularizedEvolutionState:
        """Returns the state with the initial population or a round of children pending."""
        population = self._population(state)

        def choose_parent(rng: np.random.Generator) -> Member | None:
            return tournament(population, self.config.sample, rng) if population else None

        initial = state.round == 0
        return draw_candidates(
            self.gate,
            state,
            [no_parent] * self.config.population if initial else [choose_parent] * self.config.batch,
            seed=self.seed,
            phase="initial population" if initial else "children",
            epochs=self.config.epochs,
            mutate=mutation_with_copies(self.space, self.config.identity_probability),
        )

    def settle(
        self, state: RegularizedEvolutionState, answers: Sequence[tuple[Trial, Result]]
    ) -> RegularizedEvolutionState:
        """Adds the candidates that did not fail to the history, and ends the round."""
        return replace(state, history=state.history + completed_members(answers), round=state.round + 1)

    def groups(self, state: RegularizedEvolutionState) -> tuple[Group, ...]:
        """Returns the population, oldest first."""
        return (Group("population", self.config.epochs, self._population(state)),)

    def best(self, state: RegularizedEvolutionState, count: int = 5) -> tuple[Member, ...]:
        """Returns the best of the whole history with different functions, the dead included."""
        return best_distinct(self.space, [state.history], count)

    def _population(self, state: RegularizedEvolutionState) -> tuple[Member, ...]:
        return state.history[-self.config.population :]


def mutation_with_copies(space: Space[Any], probability: float) -> Mutation:
    """Returns the paper's mutation: a copy of the parent with this probability, else a mutation of the space."""

    def mutate(genotype: Genotype, rng: np.random.Generator) -> Genotype:
        return genotype if rng.random() < probability else space.mutate(genotype, rng)

    return mutate
