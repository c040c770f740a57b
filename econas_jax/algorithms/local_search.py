"""Local search (White et al., "Exploring the loss landscape in neural architecture search", UAI 2021).

All neighbours of a centre are trained; then the best of them becomes the centre if it is better, and otherwise the
search starts again from a random genotype. The first centre is the best of a few random ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from econas_jax.algorithms.algorithm import AlgorithmState, Group, Member, Result, Trial
from econas_jax.algorithms.base import BaseAlgorithm
from econas_jax.algorithms.drawing import (
    Drawn,
    add_candidates,
    draw_candidates,
    function_of,
    listed_turn,
    no_parent,
)
from econas_jax.algorithms.limits import Limits
from econas_jax.algorithms.selection import completed_members, ranked
from econas_jax.errors import require_integer
from econas_jax.spaces.space import Genotype


@dataclass(frozen=True)
class LocalSearchConfig(Limits):
    """The constants of the search; raises InputError for values that make no search.

    The defaults train at most 1,010 candidates.
    """

    length_field: ClassVar[str] = "rounds"

    rounds: int = 50  # after round 0, which draws the first candidates
    starts: int = 10  # random candidates of round 0, the best of which is the first centre; a later start draws one
    batch: int = 20  # neighbours that are trained at once, which makes a round; a neighbourhood may take several
    epochs: int = 60  # of each candidate

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("rounds", self.rounds, 0)
        require_integer("starts", self.starts, 1)
        require_integer("batch", self.batch, 1)
        require_integer("epochs", self.epochs, 1)

    @property
    def total_epochs(self) -> int:
        """The training of every candidate, in epochs."""
        return self.epochs

    @property
    def stages(self) -> int:
        """The most stages there may be: neighbourhoods rarely end with a whole batch."""
        return self.starts + self.rounds * self.batch


@dataclass(frozen=True)
class LocalSearchState(AlgorithmState):
    """Everything the search needs to go on, except its space, config and seed."""

    members: tuple[Member, ...] = ()  # all candidates that were trained to the end
    centre: Member | None = None  # whose neighbours are trained; None: a random start comes next


class LocalSearch(BaseAlgorithm[LocalSearchState, LocalSearchConfig]):
    """The search as pure functions from state to state; a round is a batch.

    Neighbours of one function are one neighbour, and one that was trained before is not trained again: its accuracy
    counts as it was.
    """

    def init(self) -> LocalSearchState:
        """Returns the state before the first start."""
        return LocalSearchState()

    def propose(self, state: LocalSearchState) -> LocalSearchState:
        """Returns the state with random candidates pending, or with neighbours of the centre in a random order."""
        centre, epochs = state.centre, self.config.epochs
        if centre is None:
            new = [no_parent] * (self.config.starts if state.round == 0 else 1)
            return draw_candidates(self.gate, state, new, seed=self.seed, phase="random start", epochs=epochs)
        neighbours = self._unseen(state, centre)
        np.random.default_rng([self.seed, state.round]).shuffle(neighbours)
        turn = listed_turn(Drawn(genotype, centre) for genotype in neighbours)
        return add_candidates(self.gate, state, [turn] * self.config.batch, phase="neighbours", epochs=epochs)

    def settle(self, state: LocalSearchState, answers: Sequence[tuple[Trial, Result]]) -> LocalSearchState:
        """Adds the candidates that did not fail, moves the centre if all its neighbours are known, ends the round."""
        new = completed_members(answers)
        centre = state.centre or next(iter(ranked(new)), None)
        state = replace(state, members=state.members + new, centre=centre, round=state.round + 1)
        while state.centre is not None and all(map(self.gate.refuse, self._unseen(state, state.centre))):
            state = replace(state, centre=self._better_neighbour(state, state.centre))
        return state

    def groups(self, state: LocalSearchState) -> tuple[Group, ...]:
        """Returns all candidates that were trained to the end, as one group."""
        return (Group("candidates", self.config.epochs, state.members),)

    def _unseen(self, state: LocalSearchState, centre: Member) -> list[Genotype]:
        """Returns the neighbours that have not been trained, in the space's order."""
        neighbours = self.space.neighbours(centre.genotype)
        return [genotype for genotype in neighbours if function_of(self.space, genotype) not in state.seen]

    def _better_neighbour(self, state: LocalSearchState, centre: Member) -> Member | None:
        """Returns the best known neighbour of the centre if it is better; None at a local optimum."""
        functions = {function_of(self.space, genotype) for genotype in self.space.neighbours(centre.genotype)}
        known = [member for member in state.members if function_of(self.space, member.genotype) in functions]
        best = next(iter(ranked(known)), None)
        return best if best is not None and best.accuracy > centre.accuracy else None
