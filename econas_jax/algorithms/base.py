"""What most algorithms share: a batch of trials a round, results that settle it, and the state as JSON."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from econas_jax.algorithms.algorithm import (
    AlgorithmConfig,
    AlgorithmState,
    Group,
    Member,
    Result,
    Trial,
    pair_results,
)
from econas_jax.algorithms.drawing import Gate
from econas_jax.algorithms.limits import Refuse, refuse_nothing
from econas_jax.algorithms.selection import best_distinct
from econas_jax.algorithms.state_json import state_from_json, state_to_json
from econas_jax.errors import require, require_integer
from econas_jax.spaces.space import Space

S = TypeVar("S", bound=AlgorithmState)
C = TypeVar("C", bound=AlgorithmConfig)


class TrainsOnce:
    """What the configs have in common of algorithms that train every candidate in one stage."""

    candidates: int
    epochs: int

    @property
    def total_epochs(self) -> int:
        """The training of every candidate, in epochs."""
        return self.epochs

    @property
    def stages(self) -> int:
        """The number of stages, one for each candidate."""
        return self.candidates


class BaseAlgorithm(ABC, Generic[S, C]):
    """An `Algorithm` whose subclass says three things: what a batch is, what its results change, what to show.

    As it stands it is for algorithms that train each candidate once and one batch a round: the search is over after
    the config's last round, and no training state is kept.
    """

    def __init__(self, space: Space[Any], config: C, seed: int, refuse: Refuse = refuse_nothing) -> None:
        """Sets up the search. refuse: says which genotypes are never trained, whatever the algorithm is."""
        require_integer("seed", seed, 0)
        self.space = space
        self.config = config
        self.seed = seed
        self.gate = Gate(space, refuse, getattr(config, "skip_repeats", True))

    @abstractmethod
    def init(self) -> S:
        """Returns the state before the first trial."""

    @abstractmethod
    def propose(self, state: S) -> S:
        """Returns the state with the next batch of trials pending; called only while nothing is."""

    @abstractmethod
    def settle(self, state: S, answers: Sequence[tuple[Trial, Result]]) -> S:
        """Returns the state after the results of the pending trials, which come in the trials' order."""

    @abstractmethod
    def groups(self, state: S) -> tuple[Group, ...]:
        """Returns the members to show, the group with the fewest epochs first."""

    def done(self, state: S) -> bool:
        """Says whether the search is over."""
        return state.round > self.config.rounds

    def ask(self, state: S) -> tuple[S, tuple[Trial, ...]]:
        """Returns a batch of trials that may run in any order, possibly none; the same again until they are told."""
        if not state.pending and not self.done(state):
            state = self.propose(state)
        return state, state.pending

    def tell(self, state: S, results: Sequence[Result]) -> S:
        """Returns the state after the results of all pending trials, in any order.

        Raises ValueError unless the results answer exactly the trials that `ask` gives for this state.
        """
        if self.done(state):
            raise ValueError("the search is over: there is nothing to tell")
        state, trials = self.ask(state)
        return replace(self.settle(state, pair_results(trials, results)), pending=())

    def best(self, state: S, count: int = 5) -> tuple[Member, ...]:
        """Returns the best members with different functions, those of the group with the most epochs first."""
        return best_distinct(self.space, [group.members for group in reversed(self.groups(state))], count)

    def continuable(self, state: S) -> frozenset[int]:
        """Returns the candidates that may be trained further: none, unless a subclass says otherwise."""
        return frozenset()

    def resume(self, state: S) -> S:
        """Returns the state of a search that ran with another number of rounds, to go on with this one's.

        Raises InputError if it is past this one's end.
        """
        reached = state.round if state.pending else state.round - 1
        field = self.config.length_field
        allowed = f"enough for round {reached}, which the search has reached"
        require(reached <= self.config.rounds, f"search.{field}", getattr(self.config, field), allowed)
        return state

    def to_json(self, state: S) -> dict[str, Any]:
        """Returns the state in plain JSON types; equal states give equal texts."""
        return state_to_json(state)

    def from_json(self, fields: Mapping[str, Any]) -> S:
        """Returns the state that `to_json` wrote; raises InputError for anything else."""
        return state_from_json(type(self.init()), fields, self.space)
