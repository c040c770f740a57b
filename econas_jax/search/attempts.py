"""Trains a wave so that a candidate that fails costs the search this candidate and nothing else.

What is decided of a candidate never depends on the wave it was in: where a wave of several fails, each of its
candidates is trained alone, which gives the same bits, and only what fails alone has failed.
"""

from __future__ import annotations

import dataclasses
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Literal

from econas_jax.training import Job, Outcome, Trainer

LONGEST_REASON = 300  # characters


@dataclasses.dataclass(frozen=True)
class Failure:
    """A job whose training raised an exception, alone and at every retry."""

    candidate: int
    status: Literal["out_of_memory", "failed"]
    reason: str  # the exception's last line
    trace: str
    seconds: float


class _CallbackError(Exception):
    """An exception of on_epoch, which is none of a candidate's."""


def train(
    trainer: Trainer, jobs: Sequence[Job], retries: int, on_epoch: Callable[[int], None]
) -> list[Outcome | Failure]:
    """What the trainer gives for the jobs, in their order, and failures for those that cannot be trained.

    retries: how often a candidate that failed alone is tried again. A candidate that diverges is not: it would again.
    """

    def watched(epoch: int) -> None:
        try:
            on_epoch(epoch)
        except Exception as error:
            raise _CallbackError from error

    start = time.perf_counter()
    try:
        return list(trainer.train(jobs, watched))
    except _CallbackError as error:
        assert error.__cause__ is not None  # for the type checker
        raise error.__cause__ from None
    except Exception as error:  # whatever a compiler, a device or a network may raise
        failure = _failure(jobs[0].candidate, error, start)
    # Outside the handler: until it is left, the exception's frames keep the failed wave's arrays in memory.
    if len(jobs) > 1:
        return [outcome for job in jobs for outcome in train(trainer, [job], retries, on_epoch)]
    return train(trainer, jobs, retries - 1, on_epoch) if retries else [failure]


def _failure(candidate: int, error: Exception, start: float) -> Failure:
    lines = traceback.format_exception_only(error)[-1].strip().splitlines() or [type(error).__name__]
    # jaxlib's error has no type of its own for it
    memory = isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)
    return Failure(
        candidate,
        "out_of_memory" if memory else "failed",
        lines[-1][:LONGEST_REASON],
        "".join(traceback.format_exception(error)),
        time.perf_counter() - start,
    )
