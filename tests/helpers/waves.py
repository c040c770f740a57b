"""Jobs, and outcomes compared bit for bit, for tests of waves."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import pytest
from tiny_search import EPOCHS, genotypes

from econas_jax.training import Job, Outcome, Trainer

GENOTYPE = genotypes(1)[0]
FIRST = [Job(candidate, genotype, 0, EPOCHS) for candidate, genotype in enumerate(genotypes(4))]


def train(trainer: Trainer, *waves: Sequence[Job]) -> dict[int, Outcome]:
    """Outcomes by candidate."""
    return {outcome.candidate: outcome for wave in waves for outcome in trainer.train(wave)}


def promoted(jobs: Sequence[Job], outcomes: dict[int, Outcome]) -> list[Job]:
    """The same candidates' next stages."""
    return [
        Job(job.candidate, job.genotype, job.end_epoch, job.end_epoch + EPOCHS, outcomes[job.candidate].state)
        for job in jobs
    ]


def bits(outcome: Outcome) -> tuple[Any, ...]:
    """All of an outcome but its seconds; equal for equal bits only."""
    fields = dataclasses.asdict(dataclasses.replace(outcome, state=None, seconds=0.0, validation_seconds=0.0))
    state = None if outcome.state is None else np.asarray(outcome.state).tobytes()
    return (*(value.hex() if isinstance(value, float) else value for value in fields.values()), state)


def assert_same(ours: dict[int, Outcome], others: dict[int, Outcome]) -> None:
    assert ours.keys() == others.keys()
    for candidate, outcome in ours.items():
        assert bits(outcome) == bits(others[candidate]), candidate


@contextmanager
def count_compilations(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], int]]:
    """How many programs have been compiled so far, in whatever thread."""
    jax.config.update("jax_log_compiles", True)
    with caplog.at_level(logging.WARNING):
        yield lambda: sum(record.getMessage().startswith("Finished XLA compilation") for record in caplog.records)
    jax.config.update("jax_log_compiles", False)
