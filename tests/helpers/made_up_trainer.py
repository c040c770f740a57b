"""A trainer that trains nothing, for tests of the search's loop: outcomes may come in any order."""

from __future__ import annotations

import random
import zlib
from collections import deque
from collections.abc import Callable

import numpy as np
import pytest
from search_output import no_figures

from econas_jax.training import Job, Outcome
from econas_jax.training.job import EpochDone, Events, Jobs
from econas_jax.training.state import Vector


def noise(*values: int) -> float:
    """A number in [0, 1) that the values alone decide."""
    return zlib.crc32(repr(values).encode()) / 2**32


class MadeUpTrainer:
    """Trains nothing: accuracies and states depend on the candidate and its epochs. Outcomes come in a drawn order."""

    slots, devices, device_kind, state_size = 4, 4, "abacus", 3

    def __init__(self, order: random.Random | None) -> None:
        """order: draws in which order outcomes come; None: in that of the jobs."""
        self._order = order
        self.jobs: Jobs = deque()
        self.told: list[tuple[int, int]] = []  # candidate and epochs of every outcome

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        pass

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        self.jobs = jobs
        while jobs:
            place = 0 if self._order is None else self._order.randrange(len(jobs))
            job = jobs[place]
            del jobs[place]
            start = self.state(job.candidate, job.start_epoch) if job.start_epoch else None
            np.testing.assert_array_equal(job.state, start)  # each goes on from its own
            yield EpochDone(job.candidate, job.end_epoch - 1)
            self.told.append((job.candidate, job.end_epoch))
            yield self._outcome(job)

    def _outcome(self, job: Job) -> Outcome:
        number = noise(job.candidate, job.end_epoch)
        if number < 0.2:
            return Outcome(job.candidate, "diverged", 1.0, reason="a loss that is not finite")
        vector = self.state(job.candidate, job.end_epoch)
        return Outcome(job.candidate, "completed", 1.0, number, number, number, number, vector)

    @staticmethod
    def state(candidate: int, epochs: int) -> Vector:
        return np.array([candidate, epochs, noise(candidate, epochs)], np.float32)


def use(monkeypatch: pytest.MonkeyPatch, order: random.Random | None) -> MadeUpTrainer:
    """Makes searches train by a made-up trainer."""
    no_figures(monkeypatch)
    trainer = MadeUpTrainer(order)
    monkeypatch.setattr("econas_jax.training.proxy_training.trainer_for", lambda *arguments: trainer)
    return trainer
