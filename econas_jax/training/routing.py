"""A trainer made of several, for jobs of which some need other programs: rungs of different proxies."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from econas_jax.training.job import Event, Events, Job, Jobs, Outcome
from econas_jax.training.pool_report import PoolReport, Reporting
from econas_jax.training.state import Vector
from econas_jax.training.trainer import Trainer


class RoutingTrainer:
    """A `Trainer` that hands each job to one of several trainers on the same devices, each with programs of its own.

    One of them trains at a time, all jobs of its kind that are in the queue, in the queue's order; then that of the
    first job which is left. Training states are as long as the longest of all: zeros fill up the others.
    """

    def __init__(self, trainers: Sequence[Trainer], route: Callable[[Job], int]) -> None:
        """route: the place of a job's trainer."""
        self._trainers, self._route = tuple(trainers), route
        self.state_size = max(trainer.state_size for trainer in self._trainers)

    @property
    def slots(self) -> int:
        """How many candidates they train at once."""
        return self._trainers[0].slots

    @property
    def devices(self) -> int:
        """How many devices they train on."""
        return self._trainers[0].devices

    @property
    def device_kind(self) -> str:
        """The kind of the devices, as JAX names it."""
        return self._trainers[0].device_kind

    def report_if_due(self) -> PoolReport | None:
        """Returns what devices that come and go do, now and then."""
        first = self._trainers[0]
        return first.report_if_due() if isinstance(first, Reporting) else None

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Compiles the programs of all, as `Trainer.prepare` says."""
        for trainer in self._trainers:
            trainer.prepare(check)

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Trains jobs kind by kind, as `Trainer.train` says."""
        while jobs:
            place = self._route(jobs[0])
            trainer, own = self._trainers[place], deque[Job]()
            self._take(jobs, place, own)
            with contextlib.closing(trainer.train(own, retries)) as events:
                for event in events:
                    yield self._filled_up(event)
                    self._take(jobs, place, own)  # the reader may have added some: no slot is to wait for them

    def _take(self, jobs: Jobs, place: int, own: Jobs) -> None:
        """Moves the jobs of the trainer at a place to a queue of its own."""
        size, others = self._trainers[place].state_size, deque[Job]()
        while jobs:
            job = jobs.popleft()
            if self._route(job) != place:
                others.append(job)
            elif job.state is None:
                own.append(job)
            else:
                own.append(dataclasses.replace(job, state=job.state[:size]))
        jobs.extend(others)

    def _filled_up(self, event: Event) -> Event:
        if not isinstance(event, Outcome) or event.state is None:
            return event
        return dataclasses.replace(event, state=filled_up(event.state, self.state_size))


def filled_up(state: Vector, size: int) -> Vector:
    """Returns a training state with zeros at its end, in all so many values."""
    filled: Vector = np.pad(state, (0, size - len(state)))
    return filled
