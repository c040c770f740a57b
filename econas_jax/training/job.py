"""What a trainer is asked for, and what it tells: jobs, epochs that are done, outcomes."""

from __future__ import annotations

import dataclasses
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any, Literal, NamedTuple

from econas_jax.training.pool_report import PoolReport
from econas_jax.training.state import Vector

LONGEST_REASON = 300  # characters
DIVERGED = "a loss that is not finite"

Status = Literal["completed", "diverged", "out_of_memory", "failed"]  # the last: training raised an exception


@dataclasses.dataclass(frozen=True)
class Job:
    """A candidate to be trained from one epoch to another; state: its vector at start_epoch, None at epoch 0."""

    candidate: int
    architecture: Any  # the genotype as its network takes it: a tree of arrays (`NetworkFamily.encode`)
    start_epoch: int
    end_epoch: int
    state: Vector | None = None


Jobs = deque[Job]  # from the left of which a trainer takes them; who reads its events may add more


class EpochDone(NamedTuple):
    """A candidate has been trained for one more epoch, with this number."""

    candidate: int
    epoch: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A finished job. Accuracies are fractions of 1, losses are in nats.

    Only a completed job has numbers and a state. A candidate whose training loss stopped being finite has diverged;
    one whose training raised an exception, alone and at every retry, has failed or run out of memory.
    """

    candidate: int
    status: Status
    seconds: float  # on its device, shared out evenly over the candidates trained there at the same time
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    state: Vector | None = None
    validation_seconds: float = 0.0  # of `seconds`
    reason: str | None = None  # one line, of a job that did not complete
    trace: str | None = None  # the traceback of an exception
    following: int = 0  # outcomes of the same wave that come next, without any more training
    device: str | None = None  # the kind it was trained on; None: that of all the trainer's devices


Event = EpochDone | Outcome | PoolReport
Events = Generator[Event, None, None]  # closed by the caller, it abandons what is left


def failure(job: Job, error: Exception, seconds: float) -> Outcome:
    """Describes a job whose training raised an exception."""
    lines = traceback.format_exception_only(error)[-1].strip().splitlines() or [type(error).__name__]
    # jaxlib's error has no type of its own for it.
    memory = isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)
    return Outcome(
        job.candidate,
        "out_of_memory" if memory else "failed",
        seconds,
        reason=lines[-1][:LONGEST_REASON],
        trace="".join(traceback.format_exception(error)),
    )


def next_wave(jobs: Jobs, size: int) -> list[Job]:
    """Takes from the queue what one call of a program trains: the first job, and others of equally many epochs.

    They are the first in the queue, `size` at most, from whatever epochs they begin. Raises ValueError for a job
    without an epoch to train and for a candidate with two jobs.
    """
    if len({job.candidate for job in jobs}) < len(jobs):
        raise ValueError(f"each candidate has one job, unlike in {[job.candidate for job in jobs]}")
    for job in jobs:
        if not 0 <= job.start_epoch < job.end_epoch:
            raise ValueError(f"candidate {job.candidate}: no epochs from {job.start_epoch} to {job.end_epoch}")
    epochs = jobs[0].end_epoch - jobs[0].start_epoch
    wave = list(islice((job for job in jobs if job.end_epoch - job.start_epoch == epochs), size))
    taken = {job.candidate for job in wave}
    rest = [job for job in jobs if job.candidate not in taken]
    jobs.clear()
    jobs.extend(rest)
    return wave


def outcomes(events: Iterable[Event], check: Callable[[], None] = lambda: None) -> Iterator[Outcome]:
    """Yields the outcomes among the events.

    check: is called after every event, and may raise to stop the training; but not between the outcomes of one wave,
    which are trained already and would be lost.
    """
    for event in events:
        if isinstance(event, Outcome):
            yield event
            if event.following:
                continue
        check()
