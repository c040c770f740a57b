"""Training epoch by epoch that can be stopped after any step: what is waited for, counted and committed, and when."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Iterator, Sized
from typing import Any, Generic, Protocol, TypeVar

from econas_jax.errors import InputError, SearchError
from econas_jax.experiment.commits import Commits
from econas_jax.experiment.times import Times

AHEAD = 2  # batches that are sent to the devices before the result of one is waited for
MOST_UNSAVED = 600.0  # seconds of training that a kill can take back, however long an epoch is

State = TypeVar("State")


class Place(Protocol):
    """The place that a training has reached."""

    @property
    def epoch(self) -> int:
        """The epoch at hand, from 0."""

    @property
    def step(self) -> int:
        """Steps of the epoch at hand that are done."""


Progress = TypeVar("Progress", bound=Place)
Batch = TypeVar("Batch", bound=Sized)


class DivergedError(Exception):
    """A loss that is not finite: the training would not come back from it."""


class Stepper(Protocol[Progress, State, Batch]):
    """What is trained: its batches, its step, and how its steps and epochs are counted."""

    epochs: int
    steps: int  # of an epoch

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yields the batches of a whole epoch."""

    def step(self, state: State, batch: Batch, epoch: int, index: int) -> tuple[State, Any]:
        """Takes one step, which uses the state up; returns the state after it and what `counted` takes."""

    def counted(self, progress: Progress, images: int, sums: Any) -> Progress:
        """Returns the place after a step; waits for the step's result. Raises DivergedError."""

    def ended(self, progress: Progress, state: State) -> Progress:
        """Returns the place after the end of the epoch at hand. Raises DivergedError."""

    def committed(self, progress: Progress, state: State) -> Any:
        """Returns what is committed, copied from the devices."""

    def interrupted(self) -> bool:
        """Says whether the training is asked to stop."""


@dataclasses.dataclass
class EpochLoop(Generic[Progress, State, Batch]):
    """Takes the steps of a training. After an interrupt, and after an unreadable image, it commits what is done."""

    stepper: Stepper[Progress, State, Batch]
    commits: Commits[Any]
    save_epochs: int  # epochs between two commits
    interruption: type[Exception]  # what is raised after the commit where the training is asked to stop
    times: Times

    def __post_init__(self) -> None:
        self._saved_at = time.perf_counter()
        self._unreadable: Exception | None = None

    def run(self, progress: Progress, state: State, batches: Iterator[Batch]) -> tuple[Progress, State]:
        """Trains from a place to the end; the last epoch is committed then. batches: of the epoch at hand, the rest.

        Raises `interruption`, DivergedError, and what reading images, a step or a commit may raise.
        """
        while progress.epoch < self.stepper.epochs:
            progress, state = self._epoch(progress, state, batches)
            if progress.epoch < self.stepper.epochs:
                batches = self.stepper.batches(progress.epoch)
        return progress, state

    def _epoch(self, progress: Progress, state: State, batches: Iterator[Batch]) -> tuple[Progress, State]:
        """Trains what is left of the epoch at hand; commits at its end where that is due."""
        waiting: deque[tuple[int, Any]] = deque()
        stop = False
        for index, batch in enumerate(self._readable(batches), progress.step):
            with self.times.measuring("train"):
                state, sums = self.stepper.step(state, batch, progress.epoch, index)
                waiting.append((len(batch), sums))
                if len(waiting) > AHEAD:
                    progress = self.stepper.counted(progress, *waiting.popleft())
            if stop := self.stepper.interrupted():
                break
            if time.perf_counter() - self._saved_at > MOST_UNSAVED and index + 1 < self.stepper.steps:
                progress = self._all_counted(progress, waiting)
                self._commit(progress, state)
        progress = self._all_counted(progress, waiting)
        if progress.step == self.stepper.steps:
            progress = self.stepper.ended(progress, state)
        if stop or self._unreadable:
            self._commit(progress, state)
            self.commits.wait()
            raise self._unreadable or self.interruption
        if progress.epoch % self.save_epochs == 0 or progress.epoch == self.stepper.epochs:
            self._commit(progress, state)
        return progress, state

    def _readable(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yields the batches up to one that cannot be read: what was trained until then is to be kept."""
        try:
            yield from batches
        except (InputError, SearchError) as error:
            self._unreadable = error

    def _all_counted(self, progress: Progress, waiting: deque[tuple[int, Any]]) -> Progress:
        with self.times.measuring("train"):
            while waiting:
                progress = self.stepper.counted(progress, *waiting.popleft())
        return progress

    def _commit(self, progress: Progress, state: State) -> None:
        self.commits.begin(self.stepper.committed(progress, state))
        self._saved_at = time.perf_counter()
