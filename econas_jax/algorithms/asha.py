"""ASHA, asynchronous successive halving (Li et al., MLSys 2020), made deterministic.

A worker that is free promotes a candidate of the best 1/eta of its rung, looking from the highest rung down; where
there is none to promote, it begins with a new random candidate. In the paper the answer depends on which worker is
done first. Here a batch of workers asks together and its results count in the order in which they were asked for, so
that the search depends on the batch and never on what is faster; batch=1 is one worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from econas_jax.algorithms.algorithm import AlgorithmState, Group, Member, Result, Trial
from econas_jax.algorithms.base import BaseAlgorithm
from econas_jax.algorithms.drawing import draw_candidates, no_parent
from econas_jax.algorithms.pipeline import Pipelined
from econas_jax.algorithms.promoting import Promoting
from econas_jax.algorithms.selection import best_ranked, completed_members
from econas_jax.algorithms.successive_halving import check_rungs
from econas_jax.errors import require, require_integer


@dataclass(frozen=True)
class ASHAConfig(Promoting, Pipelined):
    """The constants of the search; raises InputError for values that make no search.

    The defaults take about 60,000 candidate-epochs.
    """

    length_field: ClassVar[str] = "rounds"

    rounds: int = 286  # batches after the first
    batch: int = 20  # trials that are asked for at once, which make a round
    eta: int = 3  # of a rung's candidates one in so many goes on
    rungs: int = 3  # with 6, 20 and 60 epochs in all
    maximum_epochs: int = 60  # R, of a candidate in the last rung; a rung has 1/eta of the epochs of the next one
    skip_repeats: bool = True  # never train two genotypes of one function

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("rounds", self.rounds, 0)
        require_integer("batch", self.batch, 1)
        check_rungs(self.rungs, self.eta, self.maximum_epochs)
        require(isinstance(self.skip_repeats, bool), "skip_repeats", self.skip_repeats, "True or False")
        self._check_proxies()

    @property
    def rung_epochs(self) -> tuple[int, ...]:
        """The epochs for which a candidate has trained after each rung."""
        return tuple(self.maximum_epochs // self.eta ** (self.rungs - 1 - rung) for rung in range(self.rungs))

    @property
    def total_epochs(self) -> int:
        """The longest training of one candidate, in epochs."""
        return self.maximum_epochs

    @property
    def stages(self) -> int:
        """The number of stages, new candidates and promotions together."""
        return (self.rounds + 1) * self.batch


@dataclass(frozen=True)
class ASHAState(AlgorithmState):
    """Everything the search needs to go on, except its space, config and seed."""

    # Of each rung, those that completed it, promoted or not, as they were then; those promoted from it, by number.
    completed: tuple[tuple[Member, ...], ...] = ()
    promoted: tuple[frozenset[int], ...] = ()


class ASHA(BaseAlgorithm[ASHAState, ASHAConfig]):
    """The search as pure functions from state to state; a round is a batch.

    A candidate that failed does not count in a rung's size. Any candidate below the last rung may be promoted one day,
    so the training states of all of them are kept.
    """

    def init(self) -> ASHAState:
        """Returns the state before the first batch."""
        rungs = self.config.rungs
        return ASHAState(completed=((),) * rungs, promoted=(frozenset[int](),) * rungs)

    def propose(self, state: ASHAState) -> ASHAState:
        """Returns the state with a batch pending: all promotions that there are, then new candidates."""
        epochs = self.config.rung_epochs
        promotable = list(self._promotable(state))[: self.config.batch]
        trials, promoted = list(state.pending), list(state.promoted)
        for rung, m in promotable:
            phase = f"to rung {rung + 1}"
            trials.append(Trial(m.candidate, m.genotype, m.parent, state.round, phase, m.epochs, epochs[rung + 1]))
            promoted[rung] |= {m.candidate}
        state = replace(state, promoted=tuple(promoted), pending=tuple(trials))
        new = [no_parent] * (self.config.batch - len(promotable))
        return draw_candidates(self.gate, state, new, seed=self.seed, phase="new candidates", epochs=epochs[0])

    def settle(self, state: ASHAState, answers: Sequence[tuple[Trial, Result]]) -> ASHAState:
        """Adds the candidates that did not fail to the rungs they have completed, and ends the round."""
        completed = list(state.completed)
        for member in completed_members(answers):
            completed[self.config.rung_epochs.index(member.epochs)] += (member,)
        return replace(state, completed=tuple(completed), round=state.round + 1)

    def groups(self, state: ASHAState) -> tuple[Group, ...]:
        """Returns the candidates by the last rung that they have completed."""
        groups = []
        for epochs, members, promoted in zip(self.config.rung_epochs, state.completed, state.promoted, strict=True):
            gone = promoted - {trial.candidate for trial in state.pending if trial.start_epoch == epochs}
            here = tuple([member for member in members if member.candidate not in gone])
            groups.append(Group(f"{epochs} epochs", epochs, here))
        return tuple(groups)

    def continuable(self, state: ASHAState) -> frozenset[int]:
        """Returns all candidates below the last rung, and those under way."""
        below = frozenset(member.candidate for group in self.groups(state)[:-1] for member in group.members)
        return below | self.under_way(state)

    def _promotable(self, state: ASHAState) -> Iterator[tuple[int, Member]]:
        """Yields each candidate that may be promoted and its rung, from the highest rung down, best first."""
        for rung in range(self.config.rungs - 2, -1, -1):
            members = state.completed[rung]
            for member in best_ranked(members, len(members) // self.config.eta):
                if member.candidate not in state.promoted[rung]:
                    yield rung, member
