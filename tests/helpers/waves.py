"""Jobs, and outcomes compared bit for bit, for tests of trainers."""

from __future__ import annotations

import dataclasses
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import pytest
from tiny_search import EPOCHS, genotypes

from econas_jax.training import Job, Outcome, Trainer
from econas_jax.training.job import outcomes

EXAMPLE = genotypes(1)[0].encode()
FIRST = [Job(candidate, genotype.encode(), 0, EPOCHS) for candidate, genotype in enumerate(genotypes(4))]


def train(trainer: Trainer, *batches: Sequence[Job], retries: int = 0) -> dict[int, Outcome]:
    """Returns outcomes by candidate, of one batch of jobs after the other."""
    return {outcome.candidate: outcome for jobs in batches for outcome in outcomes(trainer.train(deque(jobs), retries))}


def promoted(jobs: Sequence[Job], before: dict[int, Outcome]) -> list[Job]:
    """Returns the same candidates' next stages."""
    return [
        Job(job.candidate, job.architecture, job.end_epoch, job.end_epoch + EPOCHS, before[job.candidate].state)
        for job in jobs
    ]


def bits(outcome: Outcome) -> tuple[Any, ...]:
    """Returns what training decides of an outcome; equal for equal bits only."""
    fields = dataclasses.asdict(
        dataclasses.replace(outcome, state=None, seconds=0.0, validation_seconds=0.0, following=0)
    )
    state = None if outcome.state is None else np.asarray(outcome.state).tobytes()
    return (*(value.hex() if isinstance(value, float) else value for value in fields.values()), state)


def assert_same(ours: dict[int, Outcome], others: dict[int, Outcome]) -> None:
    assert ours.keys() == others.keys()
    for candidate, outcome in ours.items():
        assert bits(outcome) == bits(others[candidate]), candidate


@contextmanager
def count_compilations(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], int]]:
    """Yields a function that says how many programs have been compiled so far, in whatever thread."""
    jax.config.update("jax_log_compiles", True)
    with caplog.at_level(logging.WARNING):
        yield lambda: sum(record.getMessage().startswith("Finished XLA compilation") for record in caplog.records)
    jax.config.update("jax_log_compiles", False)
