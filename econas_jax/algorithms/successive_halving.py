"""Successive halving (Jamieson and Talwalkar, AISTATS 2016): train many a little, and go on with the best of them.

A bracket begins with n random candidates; after each rung the best 1/eta of the first number, then 1/eta^2 of it, and
so on, train on from where they are. The learning rate falls over the longest training, whatever the rung, so that a
candidate that goes on has been trained as one that was meant to go on from the start.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import ClassVar, NamedTuple, Protocol, TypeVar

from econas_jax.algorithms.algorithm import AlgorithmConfig, AlgorithmState, Group, Member, Result, Trial
from econas_jax.algorithms.base import BaseAlgorithm
from econas_jax.algorithms.drawing import draw_candidates, no_parent
from econas_jax.algorithms.promoting import Promoting
from econas_jax.algorithms.selection import completed_members, ranked
from econas_jax.errors import require, require_integer


class Rung(NamedTuple):
    """A step of a bracket: how many candidates train, and for how many epochs they have trained after it."""

    size: int
    epochs: int


Bracket = tuple[Rung, ...]


def bracket(candidates: int, eta: int, rungs: int, maximum_epochs: int) -> Bracket:
    """Returns the rungs of a bracket: floor(n / eta^i) candidates, and the last rung trains to `maximum_epochs`."""
    return tuple(Rung(candidates // eta**i, maximum_epochs // eta ** (rungs - 1 - i)) for i in range(rungs))


def epochs_of(brackets: Sequence[Bracket]) -> tuple[int, ...]:
    """Returns the epochs for which candidates have trained after the rungs of some brackets, each number once."""
    return tuple(sorted({rung.epochs for bracket in brackets for rung in bracket}))


def check_rungs(rungs: int, eta: int, maximum_epochs: int) -> None:
    """Raises InputError unless there are such rungs and the first of them trains for an epoch."""
    require_integer("maximum_epochs", maximum_epochs, 1)
    require_integer("eta", eta, 2)
    require_integer("rungs", rungs, 1, maximum_epochs.bit_length())
    allowed = f"rungs of which the first has an epoch: eta^(rungs - 1) of at most maximum_epochs ({maximum_epochs})"
    require(eta ** (rungs - 1) <= maximum_epochs, "rungs", rungs, allowed)


@dataclass(frozen=True)
class SuccessiveHalvingConfig(Promoting):
    """The constants of a bracket, and how many there are; raises InputError for values that make no search.

    The defaults train 81 candidates for 6 epochs, 27 of them to 20 and 9 of these to 60; 49 such brackets take about
    60,000 candidate-epochs.
    """

    length_field: ClassVar[str] = "repetitions"

    candidates: int = 81  # n, with which a bracket begins
    eta: int = 3  # of a rung's candidates one in so many goes on
    rungs: int = 3  # of a bracket
    maximum_epochs: int = 60  # R, of a candidate that is never dropped; a rung has 1/eta of the epochs of the next one
    repetitions: int = 49  # brackets, one after the other
    skip_repeats: bool = True  # never train two genotypes of one function

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rungs(self.rungs, self.eta, self.maximum_epochs)
        require_integer("candidates", self.candidates, 1)
        allowed = f"at least eta^(rungs - 1), {self.eta ** (self.rungs - 1)}: one candidate must reach the last rung"
        require(self.candidates >= self.eta ** (self.rungs - 1), "candidates", self.candidates, allowed)
        require_integer("repetitions", self.repetitions, 1)
        require(isinstance(self.skip_repeats, bool), "skip_repeats", self.skip_repeats, "True or False")
        self._check_proxies()

    @property
    def brackets(self) -> tuple[Bracket, ...]:
        """The one bracket that is repeated."""
        return (bracket(self.candidates, self.eta, self.rungs, self.maximum_epochs),)

    @property
    def total_epochs(self) -> int:
        """The longest training of one candidate, in epochs."""
        return self.maximum_epochs

    @property
    def rung_epochs(self) -> tuple[int, ...]:
        """The epochs for which a candidate has trained after each rung."""
        return epochs_of(self.brackets)

    @property
    def stages(self) -> int:
        """The number of stages where no candidate fails."""
        return self.repetitions * sum(rung.size for rung in self.brackets[0])

    @property
    def rounds(self) -> int:
        """The number of the last round; each rung of each bracket is one."""
        return self.repetitions * self.rungs - 1


class HalvingConfig(AlgorithmConfig, Protocol):
    """A config that gives brackets, which are gone through one after the other, again and again."""

    @property
    def brackets(self) -> tuple[Bracket, ...]:
        """The brackets of one repetition."""


C = TypeVar("C", bound=HalvingConfig)


@dataclass(frozen=True)
class HalvingState(AlgorithmState):
    """Everything the search needs to go on, except its space, config and seed."""

    members: tuple[Member, ...] = ()  # all candidates whose last stage completed, as it left them


class HalvingSearch(BaseAlgorithm[HalvingState, C]):
    """Brackets of successive halving as pure functions from state to state; a round is a rung of a bracket.

    A failed candidate is never promoted; nobody takes its place unless there are others left.
    """

    def init(self) -> HalvingState:
        """Returns the state before the first rung."""
        return HalvingState()

    def propose(self, state: HalvingState) -> HalvingState:
        """Returns the state with all trials of its rung pending."""
        place, rung = self._rung(state)
        if place == 0:
            new, phase = [no_parent] * rung.size, f"rung 0: {rung.epochs} epochs"
            return draw_candidates(self.gate, state, new, seed=self.seed, phase=phase, epochs=rung.epochs)
        phase = f"rung {place}: {rung.epochs} epochs"
        trials = [
            Trial(m.candidate, m.genotype, m.parent, state.round, phase, m.epochs, rung.epochs)
            for m in self._promoted(state)
        ]
        return replace(state, pending=tuple(trials))

    def settle(self, state: HalvingState, answers: Sequence[tuple[Trial, Result]]) -> HalvingState:
        """Puts the candidates that did not fail in the place of what they were, and ends the round."""
        told = {trial.candidate for trial, _ in answers}
        earlier, last = self._by_round_before(state)
        others = tuple([member for member in last if member.candidate not in told])
        return replace(state, members=earlier + others + completed_members(answers), round=state.round + 1)

    def groups(self, state: HalvingState) -> tuple[Group, ...]:
        """Returns the candidates by the epochs for which they have trained."""
        by_epochs: dict[int, list[Member]] = {epochs: [] for epochs in epochs_of(self.config.brackets)}
        for member in state.members:
            by_epochs[member.epochs].append(member)
        return tuple(Group(f"{epochs} epochs", epochs, tuple(members)) for epochs, members in by_epochs.items())

    def continuable(self, state: HalvingState) -> frozenset[int]:
        """Returns the candidates that the next rung promotes, and those under way."""
        promoted = [] if state.pending else [member.candidate for member in self._promoted(state)]
        return self.under_way(state).union(promoted)

    def _rung(self, state: HalvingState) -> tuple[int, Rung]:
        """Returns the rung of the state's round, and its place in its bracket."""
        rungs = [(place, rung) for bracket in self.config.brackets for place, rung in enumerate(bracket)]
        return rungs[state.round % len(rungs)]

    def _promoted(self, state: HalvingState) -> list[Member]:
        """Returns the best of the round before, as many as the rung takes; none where a bracket begins."""
        place, rung = self._rung(state)
        return ranked(self._by_round_before(state)[1])[: rung.size] if place > 0 else []

    def _by_round_before(self, state: HalvingState) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
        """Returns the members up to the last round, and those that it updated: each round leaves its own at the end."""
        place = bisect_left(state.members, state.round - 1, key=attrgetter("updated"))
        return state.members[:place], state.members[place:]


class SuccessiveHalving(HalvingSearch[SuccessiveHalvingConfig]):
    """One bracket of random candidates, again and again."""
