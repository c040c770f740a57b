"""Jobs on loan to devices that may be lost: what is given out, what comes back, and when a job has failed for good."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence

from econas_jax.errors import SearchError
from econas_jax.training.job import Job, Jobs, Outcome, failure, next_wave

TOGETHER = 1  # losses of a job after which it is trained alone: one of its wave may be what kills a device
LOSSES = 5  # of a job, after which it has failed: devices are lost for other reasons, but not as often with one job


class DeviceLostError(SearchError):
    """A device was lost with what it was training."""


class Lease:
    """What a device has been asked to train, and what of it is still without an outcome."""

    def __init__(self, jobs: Sequence[Job], place: int = 0) -> None:
        """place: of the training that they are for, among those whose programs a device has."""
        self.place = place
        self.left = {job.candidate: job for job in jobs}
        self.start = time.perf_counter()
        self.epoch = jobs[0].start_epoch  # that was reached last
        self._size = len(jobs)

    def __str__(self) -> str:
        """What is trained, in words."""
        first = next(iter(self.left.values()), None)
        if first is None:
            return "its last outcome"
        others = f" and {len(self.left) - 1} more" if len(self.left) > 1 else ""
        return f"candidate {first.candidate}{others}, epoch {self.epoch} of {first.end_epoch}"


class Leases:
    """Hands out jobs, what was lost before anything new."""

    def __init__(self, jobs: Jobs, lanes: int, place: int = 0) -> None:
        """jobs: the queue, which may grow; lanes: how many a device trains at a time; place: as in `Lease`."""
        self._jobs, self._lanes, self._place = jobs, lanes, place
        self._again: deque[list[Job]] = deque()
        self._losses: Counter[int] = Counter()

    def __bool__(self) -> bool:
        """Says whether there is something to train."""
        return bool(self._jobs or self._again)

    def take(self) -> Lease:
        """Returns what the next free device trains."""
        jobs = self._again.popleft() if self._again else next_wave(self._jobs, self._lanes)
        return Lease(jobs, self._place)

    def lost(self, lease: Lease, reason: str) -> Iterator[Outcome]:
        """Takes back what is left of a lease whose device was lost; yields failures for jobs that were lost too often.

        The training of a job that is lost changes nothing: another device begins from the job's own state.
        """
        together, alone = [], []
        for job in lease.left.values():
            self._losses[job.candidate] += 1
            losses = self._losses[job.candidate]
            if losses > LOSSES:
                error = DeviceLostError(f"{losses} devices were lost with it, the last: {reason}")
                yield failure(job, error, time.perf_counter() - lease.start)
            elif losses > TOGETHER:
                alone.append([job])
            else:
                together.append(job)
        self._again.extendleft(reversed([*([together] if together else []), *alone]))
