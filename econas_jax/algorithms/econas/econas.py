"""EcoNAS, Algorithm 1 of the paper: evolution under a hierarchical proxy, as init / ask / tell.

Each cycle mutates parents from three populations, trains the children for E epochs into P_E, trains the best of P_E
for E more into P_2E and the best of P_2E for E more into P_3E, and lets old models die. One `ask` is one batch of
trials that may run in any order and at the same time. "Line n" in the comments is a line of Algorithm 1.

Algorithm 1 waits three times a cycle. With a lag L a cycle is one batch: its children and both promotions are chosen
from the populations as the cycle L + 1 before left them. A model with a stage under way stays where it is until that
stage is over, may have children and is not promoted, and does not die meanwhile. When the first L cycles are chosen all
populations are empty: their children are drawn at random and nobody is promoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from econas_jax.algorithms.algorithm import Group, Member, Result, Trial
from econas_jax.algorithms.base import BaseAlgorithm
from econas_jax.algorithms.drawing import draw_candidates
from econas_jax.algorithms.econas.config import EcoNASConfig
from econas_jax.algorithms.econas.population import Population, parent_populations, remove_dead, settle
from econas_jax.algorithms.econas.state import EcoNASState, Phase
from econas_jax.algorithms.selection import best_distinct, completed_members, ranked, tournament
from econas_jax.errors import require

NEXT_PHASE: dict[Phase, Phase] = {"children": "promote_2e", "promote_2e": "promote_3e"}  # the others end a cycle


class EcoNAS(BaseAlgorithm[EcoNASState, EcoNASConfig]):
    """The search as pure functions from state to state; a round is a cycle of Algorithm 1."""

    def init(self) -> EcoNASState:
        """Returns the state of lines 1 and 5: the populations and the history are empty."""
        return EcoNASState()

    def done(self, state: EcoNASState) -> bool:
        """Says whether all cycles are over."""
        return state.phase == "done"

    def propose(self, state: EcoNASState) -> EcoNASState:
        """Returns the state with all trials of its phase pending, with a lag with those of its cycle."""
        if state.round == 0:
            return self._draw_initial(state)
        if self.lag > 0:
            return self._promote_to_3e(self._promote_to_2e(self._draw_children(state)))
        if state.phase == "children":
            return self._draw_children(state)
        return self._promote_to_2e(state) if state.phase == "promote_2e" else self._promote_to_3e(state)

    def settle(self, state: EcoNASState, answers: Sequence[tuple[Trial, Result]]) -> EcoNASState:
        """Moves the candidates to the populations they have reached, and ends the phase."""
        told = {trial.candidate for trial, _ in answers}
        members = completed_members(answers)
        populations = settle(state.populations, told, members, self.config.epochs)  # lines 9, 16, 20, 24
        finished = tuple(member for member in members if member.epochs == self.config.total_epochs)
        state = replace(state, populations=populations, finished=state.finished + finished)
        if state.phase in ("initial", "promote_3e") or self.lag > 0:
            return self._end_cycle(state)
        return replace(state, phase=NEXT_PHASE[state.phase])

    def groups(self, state: EcoNASState) -> tuple[Group, ...]:
        """Returns P_E, P_2E and P_3E."""
        names = ("P_E", "P_2E", "P_3E")
        stages = zip(names, state.populations, strict=True)
        return tuple(Group(name, (place + 1) * self.config.epochs, p) for place, (name, p) in enumerate(stages))

    def best(self, state: EcoNASState, count: int = 5) -> tuple[Member, ...]:
        """Returns the most accurate members of P_3E's history with different functions ("Return Several top models").

        Where these are fewer than `count`, the best of P_2E's history and then of P_E's follow, the dead included.
        """
        first, second, _ = state.populations
        dead_first = [member for member in state.died if member.epochs == self.config.epochs]
        dead_second = [member for member in state.died if member.epochs == 2 * self.config.epochs]
        return best_distinct(self.space, (state.finished, [*second, *dead_second], [*first, *dead_first]), count)

    def continuable(self, state: EcoNASState) -> frozenset[int]:
        """Returns the candidates of P_E and P_2E, all of which may be promoted, and those under way."""
        first, second, _ = state.populations
        return self.under_way(state).union(member.candidate for member in first + second)

    def resume(self, state: EcoNASState) -> EcoNASState:
        """Returns the state of a search that ran with another number of cycles, to go on with this one's.

        Raises InputError if it is past this one's end.
        """
        reached = f"at least {state.round}, the cycle that the search has reached"
        require(state.round <= self.config.cycles, "search.cycles", self.config.cycles, reached)
        if self.done(state) and state.round < self.config.cycles:
            return replace(state, phase="children", round=state.round + 1)
        return state

    def _end_cycle(self, state: EcoNASState) -> EcoNASState:
        """Carries out line 26, then line 11 for the next cycle."""
        under_way = {trial.candidate for trial in state.pending}
        populations, died = remove_dead(state.populations, state.round, self.config.lifetime, under_way)
        state = replace(state, died=state.died + died)
        if state.round == self.config.cycles:  # line 27
            return replace(state, populations=populations, phase="done")
        return replace(state, populations=populations, phase="children", round=state.round + 1)

    def _draw_initial(self, state: EcoNASState) -> EcoNASState:
        """Carries out lines 6 to 8."""
        return self._draw(state, [()] * self.config.initial_population, "initial population")

    def _draw_children(self, state: EcoNASState) -> EcoNASState:
        """Carries out lines 12 to 15."""
        return self._draw(state, parent_populations(state.populations, self.config.parents_per_population), "children")

    def _promote_to_2e(self, state: EcoNASState) -> EcoNASState:
        """Carries out lines 18 and 19."""
        return self._promote(state, state.populations[0], self.config.promotions_to_2e, "E to 2E")

    def _promote_to_3e(self, state: EcoNASState) -> EcoNASState:
        """Carries out lines 22 and 23."""
        return self._promote(state, state.populations[1], self.config.promotions_to_3e, "2E to 3E")

    def _promote(self, state: EcoNASState, population: Population, count: int, phase: str) -> EcoNASState:
        """Adds a stage of E epochs more for the best of a population that are not under way already."""
        under_way = {trial.candidate for trial in state.pending}
        best = ranked(member for member in population if member.candidate not in under_way)[:count]
        epochs = self.config.epochs
        trials = [
            Trial(m.candidate, m.genotype, m.parent, state.round, phase, m.epochs, m.epochs + epochs) for m in best
        ]
        return replace(state, pending=(*state.pending, *trials))

    def _draw(self, state: EcoNASState, parents: Sequence[Population], phase: str) -> EcoNASState:
        """Draws new candidates, one for each population a parent is to come from; an empty one stands for no parent."""
        return draw_candidates(
            self.gate,
            state,
            [partial(self._parent, population) for population in parents],
            seed=self.seed,
            phase=phase,
            epochs=self.config.epochs,
        )

    def _parent(self, population: Population, rng: np.random.Generator) -> Member | None:
        if not population:
            return None
        return tournament(population, len(population) // self.config.tournament_divisor + 1, rng)
