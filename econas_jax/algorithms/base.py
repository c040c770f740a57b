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
    oldest_batch,
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

    A config with a field `lag` (`Pipelined`) has that many rounds more in flight: round t is proposed as soon as round
    t - 1 - lag has been settled, whatever has been trained of those between, so that the search depends on the lag and
    never on what is faster. Rounds after the last one are proposed too, and never asked for: a search that is made
    longer finds them as if it had been that long from the start.
    """

    def __init__(self, space: Space[Any], config: C, seed: int, refuse: Refuse = refuse_nothing) -> None:
        """Sets up the search. refuse: says which genotypes are never trained, whatever the algorithm is."""
        require_integer("seed", seed, 0)
        self.space = space
        self.config = config
        self.seed = seed
        self.lag: int = getattr(config, "lag", 0)
        self.gate = Gate(space, refuse, getattr(config, "skip_repeats", True))

    @abstractmethod
    def init(self) -> S:
        """Returns the state before the first trial."""

    @abstractmethod
    def propose(self, state: S) -> S:
        """Returns the state with the trials of its round pending, behind those in flight of earlier rounds, if any."""

    @abstractmethod
    def settle(self, state: S, answers: Sequence[tuple[Trial, Result]]) -> S:
        """Returns the state after its round's results, which come in the trials' order and are not pending any more."""

    @abstractmethod
    def groups(self, state: S) -> tuple[Group, ...]:
        """Returns the members to show, the group with the fewest epochs first."""

    def done(self, state: S) -> bool:
        """Says whether the search is over."""
        return state.round > self.config.rounds

    def ask(self, state: S) -> tuple[S, tuple[Trial, ...]]:
        """Returns the trials of one batch or, with a lag, of several, the oldest first; they may run in any order.

        The same again until the oldest batch is told. A batch may have no trial.
        """
        if self.done(state):
            return state, ()
        state, rounds = self._filled_up(state), self.config.rounds
        return state, tuple([trial for trial in state.pending if trial.round <= rounds])

    def tell(self, state: S, results: Sequence[Result]) -> S:
        """Returns the state after the results of the oldest batch (`oldest_batch`), in any order.

        Raises ValueError unless the results answer exactly the trials of that batch.
        """
        if self.done(state):
            raise ValueError("the search is over: there is nothing to tell")
        state = self._filled_up(state)
        answers = pair_results(oldest_batch(state), results)
        others = tuple([trial for trial in state.pending if trial.round != state.round])
        return self.settle(replace(state, pending=others, pending_batches=state.pending_batches - 1), answers)

    def best(self, state: S, count: int = 5) -> tuple[Member, ...]:
        """Returns the best members with different functions, those of the group with the most epochs first."""
        return best_distinct(self.space, [group.members for group in reversed(self.groups(state))], count)

    def continuable(self, state: S) -> frozenset[int]:
        """Returns the candidates whose training states are kept: none, unless a subclass says otherwise."""
        return frozenset()

    def resume(self, state: S) -> S:
        """Returns the state of a search that ran with another number of rounds, to go on with this one's.

        Raises InputError if it is past this one's end.
        """
        reached = state.round if state.pending_batches > self.lag else state.round - 1
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

    def under_way(self, state: S) -> frozenset[int]:
        """Returns the candidates of pending trials that go on from a training state, or that others may go on from."""
        total = self.config.total_epochs
        return frozenset(t.candidate for t in state.pending if t.start_epoch > 0 or t.end_epoch < total)

    def _filled_up(self, state: S) -> S:
        """Returns the state with all batches pending that the lag allows."""
        while state.pending_batches <= self.lag:
            state = self._with_a_batch_more(state)
        return state

    def _with_a_batch_more(self, state: S) -> S:
        """Proposes the next round that has not been proposed, as if it were under way."""
        ahead = replace(state, round=state.round + state.pending_batches)
        return replace(self.propose(ahead), round=state.round, pending_batches=state.pending_batches + 1)
