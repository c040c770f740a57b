"""AmoebaNet's evolution with EcoNAS's hierarchical proxy: the column "H.P." of the EcoNAS paper's Table 4.

Children are trained for E epochs; after them the most promising members of the population go on to 2E, and the most
promising of these to 3E. Members leave by age, as in regularized evolution, however long they have trained. The paper
does not say how parents of unequal training are compared: here, of those in a sample, the best of the longest trained
is the parent.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from econas_jax.algorithms.algorithm import AlgorithmState, Group, Member, Result, Trial
from econas_jax.algorithms.base import BaseAlgorithm
from econas_jax.algorithms.drawing import draw_candidates, no_parent
from econas_jax.algorithms.promoting import Promoting
from econas_jax.algorithms.regularized_evolution import RegularizedEvolutionConfig, mutation_with_copies
from econas_jax.algorithms.selection import best_distinct, completed_members, ranked
from econas_jax.errors import require, require_integer


@dataclass(frozen=True)
class HierarchicalEvolutionConfig(Promoting, RegularizedEvolutionConfig):
    """The constants of the search: those of regularized evolution, and how many go on.

    The defaults spend about as many epochs as EcoNAS's do. With a lag a batch of children and the promotions after it
    are one round, chosen together. Raises InputError for values that make no search.
    """

    candidates: int = 1_700  # in all: the population, then children, rounded up to whole batches
    batch: int = 16  # children that are asked for at once
    epochs: int = 20  # E
    promotions_to_2e: int = 8  # members that have trained for E and go on, after each batch of children
    promotions_to_3e: int = 4  # members that have trained for 2E and go on after these
    skip_repeats: bool = True  # never train two genotypes of one function

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("promotions_to_2e", self.promotions_to_2e, 0)
        require_integer("promotions_to_3e", self.promotions_to_3e, 0)
        allowed = f"at most batch ({self.batch})"
        require(self.promotions_to_2e <= self.batch, "promotions_to_2e", self.promotions_to_2e, allowed)
        allowed = f"at most promotions_to_2e ({self.promotions_to_2e})"
        require(self.promotions_to_3e <= self.promotions_to_2e, "promotions_to_3e", self.promotions_to_3e, allowed)
        self._check_promotions(self.batches, "batches of children")
        most = max(0, (self.population - 1) // self.batch - 1)
        allowed = f"at most {most}, for a member of {self.population} to live until its second stage"
        require(self.lag <= most, "lag", self.lag, allowed)
        self._check_proxies()

    @property
    def total_epochs(self) -> int:
        """The longest training of one candidate, in epochs: 3E."""
        return 3 * self.epochs

    @property
    def rung_epochs(self) -> tuple[int, ...]:
        """The epochs for which a candidate has trained after each rung: E, 2E and 3E."""
        return self.epochs, 2 * self.epochs, self.total_epochs

    @property
    def batches(self) -> int:
        """The number of batches of children."""
        return (self.candidates - self.population) // self.batch

    @property
    def stages(self) -> int:
        """The number of stages where there are always enough members to promote.

        With a lag, nobody has trained for E when the first rounds are chosen, and nobody for 2E until as many later.
        """
        to_2e = max(0, self.batches - self.lag) * self.promotions_to_2e
        to_3e = max(0, self.batches - (2 * self.lag + 1 if self.lag else 0)) * self.promotions_to_3e
        return self.candidates + to_2e + to_3e

    @property
    def rounds(self) -> int:
        """The number of the last round: the initial population is round 0, then each batch of children has three.

        With a lag each has one.
        """
        return self.batches if self.lag > 0 else 3 * self.batches


@dataclass(frozen=True)
class HierarchicalEvolutionState(AlgorithmState):
    """Everything the search needs to go on, except its space, config and seed."""

    members: tuple[Member, ...] = ()  # all candidates whose last stage completed, the dead included, oldest first
    population: tuple[int, ...] = ()  # numbers of those that are alive, oldest first


class HierarchicalEvolution(BaseAlgorithm[HierarchicalEvolutionState, HierarchicalEvolutionConfig]):
    """The search as pure functions from state to state; a round is a batch of children or of promotions."""

    def init(self) -> HierarchicalEvolutionState:
        """Returns the state before the initial population."""
        return HierarchicalEvolutionState()

    def propose(self, state: HierarchicalEvolutionState) -> HierarchicalEvolutionState:
        """Returns the state with the initial population, a batch of children or a batch of promotions pending.

        With a lag a batch of children and both batches of promotions are pending together.
        """
        if self.lag > 0 and state.round > 0:
            return self._promote(self._promote(self._draw(state), 1), 2)
        step = (state.round - 1) % 3
        return self._promote(state, step) if state.round > 0 and step > 0 else self._draw(state)

    def _draw(self, state: HierarchicalEvolutionState) -> HierarchicalEvolutionState:
        population = self._alive(state)

        def choose_parent(rng: np.random.Generator) -> Member | None:
            return longest_trained_winner(population, self.config.sample, rng) if population else None

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
        self, state: HierarchicalEvolutionState, answers: Sequence[tuple[Trial, Result]]
    ) -> HierarchicalEvolutionState:
        """Writes down how long the candidates have trained, without the failed ones; lets the oldest die."""
        told = {trial.candidate for trial, _ in answers}
        completed = {member.candidate: member for member in completed_members(answers)}
        failed = told - completed.keys()
        first = bisect_left(state.members, min(told, default=0), key=attrgetter("candidate"))
        kept = {member.candidate: member for member in state.members[first:] if member.candidate not in failed}
        members = state.members[:first] + tuple((kept | completed).values())  # a promoted one keeps its place
        born = tuple(trial.candidate for trial, _ in answers if trial.start_epoch == 0)
        alive = [candidate for candidate in state.population + born if candidate not in failed]
        population = tuple(alive[-self.config.population :])
        return replace(state, members=members, population=population, round=state.round + 1)

    def groups(self, state: HierarchicalEvolutionState) -> tuple[Group, ...]:
        """Returns the living members that have trained for E, 2E and 3E."""
        return tuple(self._group(self._alive(state), stage) for stage in (1, 2, 3))

    def best(self, state: HierarchicalEvolutionState, count: int = 5) -> tuple[Member, ...]:
        """Returns the best of all that trained for 3E, the dead included, then of 2E and of E."""
        pools = [self._group(state.members, stage).members for stage in (3, 2, 1)]
        return best_distinct(self.space, pools, count)

    def continuable(self, state: HierarchicalEvolutionState) -> frozenset[int]:
        """Returns the living members below 3E, and those under way."""
        alive = [member.candidate for member in self._alive(state) if member.epochs < self.config.total_epochs]
        return self.under_way(state).union(alive)

    def _promote(self, state: HierarchicalEvolutionState, step: int) -> HierarchicalEvolutionState:
        count = (self.config.promotions_to_2e, self.config.promotions_to_3e)[step - 1]
        under_way = {trial.candidate for trial in state.pending}
        members = self._group(self._alive(state), step).members
        chosen = ranked(member for member in members if member.candidate not in under_way)[:count]
        phase = ("E to 2E", "2E to 3E")[step - 1]
        end = (step + 1) * self.config.epochs
        trials = [Trial(m.candidate, m.genotype, m.parent, state.round, phase, m.epochs, end) for m in chosen]
        return replace(state, pending=(*state.pending, *trials))

    def _alive(self, state: HierarchicalEvolutionState) -> tuple[Member, ...]:
        """Returns those of the population: the newest members, for what failed is no member."""
        return state.members[len(state.members) - len(state.population) :]

    def _group(self, members: Sequence[Member], stage: int) -> Group:
        epochs = stage * self.config.epochs
        name = ("E", "2E", "3E")[stage - 1]
        return Group(name, epochs, tuple([member for member in members if member.epochs == epochs]))


def longest_trained_winner(members: Sequence[Member], draws: int, rng: np.random.Generator) -> Member:
    """Returns the best of those of `draws` members, drawn uniformly with replacement, that have trained the longest."""
    drawn = [members[place] for place in rng.integers(len(members), size=draws)]
    longest = max(member.epochs for member in drawn)
    return ranked(member for member in drawn if member.epochs == longest)[0]
