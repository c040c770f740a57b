"""A `Trainer` that looks accuracies up in a table, with a clock that tells how long W workers would have trained."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable

from econas_jax.tables.table import Table
from econas_jax.training.job import DIVERGED, Events, Job, Jobs, Outcome


class TabularEvaluator:
    """Answers jobs whose architecture is a row of the table; no training state is kept, for none is needed.

    Each of the simulated workers takes the next job as soon as it is free. A job lasts as long as its epochs take by
    the table, one second each where the table has no seconds. Outcomes come in the order in which the jobs end.
    """

    device_kind = "table"
    state_size = 0

    def __init__(self, table: Table, workers: int = 1) -> None:
        self.table = table
        self.slots = self.devices = workers
        self._now = 0.0
        self._accuracies, self._seconds = table.accuracy_lists, table.seconds_list

    def now(self) -> float:
        """Returns the simulated seconds since the beginning."""
        return self._now

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Calls `check`; there is nothing to compile."""
        check()

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Yields an outcome for each job, and no epochs. All workers are free at the beginning."""
        at_work: list[tuple[float, int, Job]] = []  # a heap: when a job ends, its number and the job
        begun = itertools.count()
        while jobs or at_work:
            while jobs and len(at_work) < self.slots:
                job = jobs.popleft()
                heapq.heappush(at_work, (self._now + self._duration(job), next(begun), job))
            self._now, _, job = heapq.heappop(at_work)
            yield self._outcome(job)

    def _duration(self, job: Job) -> float:
        epochs = job.end_epoch - job.start_epoch
        return epochs * (1.0 if self._seconds is None else self._seconds[job.architecture])

    def _outcome(self, job: Job) -> Outcome:
        accuracy = self._accuracies[job.architecture][job.end_epoch - 1]
        if math.isnan(accuracy):
            return Outcome(job.candidate, "diverged", self._duration(job), reason=DIVERGED)
        return Outcome(job.candidate, "completed", self._duration(job), validation_accuracy=accuracy)
