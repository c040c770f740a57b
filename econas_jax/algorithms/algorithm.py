"""What a search algorithm is: init, ask and tell over immutable states. It knows no training, only accuracies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from econas_jax.spaces.space import Genotype


@dataclass(frozen=True)
class Trial:
    """One stage of training: take a candidate from `start_epoch` epochs in all to `end_epoch`, then validate it."""

    candidate: int
    genotype: Genotype
    parent: int | None  # candidate it was mutated from; None: drawn at random
    round: int  # in which the stage is trained; EcoNAS calls it a cycle
    phase: str  # what the stage is for, in a few words: people read it
    start_epoch: int  # 0: train from scratch, else go on from the candidate's checkpoint
    end_epoch: int


@dataclass(frozen=True)
class Result:
    """The validation accuracy after a trial, a fraction of 1; None or not finite: training failed or diverged."""

    candidate: int
    accuracy: float | None

    @property
    def failed(self) -> bool:
        """Whether there is no accuracy to compare."""
        return self.accuracy is None or not math.isfinite(self.accuracy)


@dataclass(frozen=True)
class Member:
    """A trained candidate; never one whose last stage failed."""

    candidate: int
    genotype: Genotype
    parent: int | None
    accuracy: float  # validation accuracy of its last finished stage, a fraction of 1
    epochs: int  # for which it has trained
    updated: int  # round of its last finished stage


class Group(NamedTuple):
    """Members that belong together, such as a population: what bars, plots and pages show of an algorithm."""

    name: str
    epochs: int  # for which its members have trained
    members: tuple[Member, ...]


@dataclass(frozen=True)
class AlgorithmState:
    """What the states of all algorithms have in common; each algorithm's own state extends it."""

    round: int = 0  # under way: whose results come next
    next_candidate: int = 0
    seen: frozenset[str] = frozenset()  # canonical texts of all candidates so far
    skipped_repeats: int = 0  # genotypes drawn and not trained because their function had been seen
    skipped_too_large: int = 0  # because of the search's limits
    skipped_blind: int = 0  # because their output cannot depend on the image
    pending: tuple[Trial, ...] = ()  # asked for and not yet told, batch by batch, the oldest first
    pending_batches: int = 0  # how many batches these are, those without a trial counted


class AlgorithmConfig(Protocol):
    """The constants of an algorithm: a frozen dataclass, checked as soon as it is made."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    length_field: ClassVar[str]  # the field that decides how many rounds there are; it may be raised to go on

    @property
    def max_parameters(self) -> int | None:
        """How many parameters a candidate may have; `Limits` holds these fields for every algorithm."""

    @property
    def max_multiply_adds(self) -> int | None:
        """How many multiply-adds a candidate may take for an image."""

    @property
    def total_epochs(self) -> int:
        """The longest training of one candidate, in epochs: over these the learning rate falls to 0."""

    @property
    def stages(self) -> int:
        """How many stages a search trains at most."""

    @property
    def rounds(self) -> int:
        """The number of the last round."""


S = TypeVar("S", bound=AlgorithmState)


class Algorithm(Protocol[S]):
    """A search as pure functions from state to state.

    Nothing random is stored: every draw comes from a generator made of the seed and of counters in the state.
    """

    @property
    def config(self) -> AlgorithmConfig:
        """The constants it was made with."""

    def init(self) -> S:
        """Returns the state before the first trial."""

    def ask(self, state: S) -> tuple[S, tuple[Trial, ...]]:
        """Returns the trials of one batch or, with a lag, of several, the oldest first; they may run in any order.

        The same again until the oldest batch is told. A batch may have no trial.
        """

    def tell(self, state: S, results: Sequence[Result]) -> S:
        """Returns the state after the results of the oldest batch (`oldest_batch`), in any order.

        Raises ValueError unless the results answer exactly the trials of that batch.
        """

    def done(self, state: S) -> bool:
        """Says whether the search is over."""

    def best(self, state: S, count: int = 5) -> tuple[Member, ...]:
        """Returns the best members with different functions, best first."""

    def continuable(self, state: S) -> frozenset[int]:
        """Returns the candidates whose training states are kept: those that pending or later trials may go on from."""

    def groups(self, state: S) -> tuple[Group, ...]:
        """Returns the members to show, the group with the fewest epochs first."""

    def resume(self, state: S) -> S:
        """Returns the state of a search that ran with another number of rounds, to go on with this one's.

        Raises InputError if it is past this one's end.
        """

    def to_json(self, state: S) -> dict[str, Any]:
        """Returns the state in plain JSON types; equal states give equal texts."""

    def from_json(self, fields: Mapping[str, Any]) -> S:
        """Returns the state that `to_json` wrote; raises InputError for anything else."""


def oldest_batch(state: AlgorithmState) -> tuple[Trial, ...]:
    """Returns those of the pending trials whose results are told next: of the round that is under way."""
    return tuple([trial for trial in state.pending if trial.round == state.round])


def pair_results(trials: Sequence[Trial], results: Sequence[Result]) -> list[tuple[Trial, Result]]:
    """Pairs each trial with its result, in the order of the trials.

    Raises ValueError unless there is exactly one result for every trial and none for anything else.
    """
    answered = sorted(result.candidate for result in results)
    asked = sorted(trial.candidate for trial in trials)
    if answered != asked:
        raise ValueError(f"results for the candidates {answered} do not answer the trials of the candidates {asked}")
    by_candidate = {result.candidate: result for result in results}
    return [(trial, by_candidate[trial.candidate]) for trial in trials]
