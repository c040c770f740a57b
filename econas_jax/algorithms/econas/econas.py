"""EcoNAS, Algorithm 1 of the paper: evolution under a hierarchical proxy, as init / ask / tell.

Each cycle mutates parents from three populations, trains the children for E epochs into P_E, trains the best of P_E
for E more into P_2E and the best of P_2E for E more into P_3E, and lets old models die. The class knows genotypes and
accuracies and nothing of training; one `ask` is one batch of trials that may run in any order and at the same time.
"Line n" in the comments is a line of Algorithm 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from econas_jax.algorithms.algorithm import Result, SearchSpace, Trial, pair_results
from econas_jax.algorithms.econas.config import EcoNASConfig
from econas_jax.algorithms.econas.population import (
    Member,
    Population,
    parent_populations,
    ranked,
    remove_dead,
    settle,
    tournament,
)
from econas_jax.algorithms.econas.state import EcoNASState, Phase, state_from_json, state_to_json
from econas_jax.errors import require, require_integer
from econas_jax.spaces.darts.genotype import Genotype

__all__ = ["EcoNAS", "EcoNASConfig", "EcoNASState", "Member"]

REPEATS_BEFORE_DRIFT = 20  # after so many repeats of one draw, mutate the repeat: the neighbourhood may be used up
MAXIMUM_REPEATS = 1000  # then take the repeat: the whole space may be used up
NEXT_PHASE: dict[Phase, Phase] = {"children": "promote_2e", "promote_2e": "promote_3e"}  # the others end a cycle


class EcoNAS:
    """The search as pure functions from state to state.

    Nothing random is stored: the i-th new candidate of a cycle draws from a generator made of (seed, cycle, i).
    """

    def __init__(self, space: SearchSpace, config: EcoNASConfig, seed: int) -> None:
        require_integer("seed", seed, 0)
        self.space = space
        self.config = config
        self.seed = seed

    def init(self) -> EcoNASState:
        """Lines 1 and 5: the populations and the history are empty."""
        return EcoNASState()

    def done(self, state: EcoNASState) -> bool:
        """Whether all cycles are over."""
        return state.phase == "done"

    def resume(self, state: EcoNASState) -> EcoNASState:
        """The state of a search that ran with another number of cycles, to go on with this one's.

        Raises InputError if it is past this one's end.
        """
        reached = f"at least {state.cycle}, the cycle that the search has reached"
        require(state.cycle <= self.config.cycles, "search.cycles", self.config.cycles, reached)
        if self.done(state) and state.cycle < self.config.cycles:
            return replace(state, phase="children", cycle=state.cycle + 1)
        return state

    def ask(self, state: EcoNASState) -> tuple[EcoNASState, tuple[Trial, ...]]:
        """The trials of the state's phase: all at once, possibly none, the same again until they are told."""
        config = self.config
        if state.pending or self.done(state):
            return state, state.pending
        if state.phase == "initial":  # lines 6 to 8
            state = self._draw_candidates(state, [()] * config.initial_population)
        elif state.phase == "children":  # lines 12 to 15
            parents = parent_populations(state.populations, config.parents_per_population)
            state = self._draw_candidates(state, parents)
        elif state.phase == "promote_2e":  # lines 18 and 19
            state = self._promote(state, ranked(state.populations[0])[: config.promotions_to_2e])
        else:  # lines 22 and 23
            state = self._promote(state, ranked(state.populations[1])[: config.promotions_to_3e])
        return state, state.pending

    def tell(self, state: EcoNASState, results: Sequence[Result]) -> EcoNASState:
        """The state after the results of the pending trials, in any order.

        Raises ValueError unless the results answer exactly the trials that `ask` gives for this state.
        """
        if self.done(state):
            raise ValueError("the search is over: there is nothing to tell")
        state, trials = self.ask(state)
        populations = state.populations
        for trial, result in pair_results(trials, results):
            populations = settle(populations, trial, result)  # lines 9, 16, 20, 24
        told = {trial.candidate for trial in trials}
        finished = state.finished + tuple(member for member in populations[2] if member.candidate in told)
        state = replace(state, populations=populations, finished=finished, pending=())
        if state.phase in ("initial", "promote_3e"):
            return self._end_cycle(state)
        return replace(state, phase=NEXT_PHASE[state.phase])

    def best(self, state: EcoNASState, count: int = 5) -> tuple[Member, ...]:
        """The most accurate members of P_3E's history with different functions ("Return Several top models").

        Where these are fewer than `count`, the best of P_2E and then of P_E follow.
        """
        distinct: dict[Genotype, Member] = {}
        for members in (state.finished, state.populations[1], state.populations[0]):
            for member in ranked(members):
                if len(distinct) < count:
                    distinct.setdefault(member.genotype.canonical(), member)
        return tuple(distinct.values())

    state_to_json = staticmethod(state_to_json)
    state_from_json = staticmethod(state_from_json)

    def _end_cycle(self, state: EcoNASState) -> EcoNASState:
        """Line 26, then line 11 for the next cycle."""
        populations = remove_dead(state.populations, state.cycle, self.config.lifetime)
        if state.cycle == self.config.cycles:  # line 27
            return replace(state, populations=populations, phase="done")
        return replace(state, populations=populations, phase="children", cycle=state.cycle + 1)

    def _promote(self, state: EcoNASState, members: Sequence[Member]) -> EcoNASState:
        epochs = self.config.epochs
        return replace(
            state,
            pending=tuple(
                Trial(
                    member.candidate,
                    member.genotype,
                    member.parent,
                    state.cycle,
                    rung=member.rung + 1,
                    start_epoch=member.rung * epochs,
                    end_epoch=(member.rung + 1) * epochs,
                )
                for member in members
            ),
        )

    def _draw_candidates(self, state: EcoNASState, parents: Sequence[Population]) -> EcoNASState:
        """New candidates, one for each population a parent is to come from; an empty one stands for no parent."""
        trials: list[Trial] = []
        seen, skipped = state.seen, state.skipped_repeats
        for index, population in enumerate(parents):
            rng = np.random.default_rng([self.seed, state.cycle, index])
            parent = tournament(population, self.config.tournament_divisor, rng) if population else None
            genotype, repeats = self._draw_unseen(parent, seen, rng)
            seen, skipped = seen | {str(genotype.canonical())}, skipped + repeats
            candidate = state.next_candidate + index
            parent_candidate = parent.candidate if parent else None
            trials.append(Trial(candidate, genotype, parent_candidate, state.cycle, 1, 0, self.config.epochs))
        return replace(
            state,
            next_candidate=state.next_candidate + len(trials),
            seen=seen,
            skipped_repeats=skipped,
            pending=tuple(trials),
        )

    def _draw_unseen(
        self, parent: Member | None, seen: frozenset[str], rng: np.random.Generator
    ) -> tuple[Genotype, int]:
        """Line 7 (no parent) or line 14, drawn again while its function was seen; and how many were skipped."""
        genotype = self._draw(parent, rng)
        repeats = 0
        while self.config.skip_repeats and repeats < MAXIMUM_REPEATS and str(genotype.canonical()) in seen:
            repeats += 1
            drift = repeats > REPEATS_BEFORE_DRIFT
            genotype = self.space.mutate(genotype, rng) if drift else self._draw(parent, rng)
        return genotype, repeats

    def _draw(self, parent: Member | None, rng: np.random.Generator) -> Genotype:
        return self.space.sample(rng) if parent is None else self.space.mutate(parent.genotype, rng)
