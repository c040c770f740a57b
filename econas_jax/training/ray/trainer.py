"""Trains on the devices of a Ray cluster, which may come and go: a free device takes the next job.

What decides a number is in the jobs alone, so that a history is the same for any number of devices of one kind, and
whatever was lost on the way. Nothing durable is kept in the cluster: who reads the outcomes commits them.
"""

from __future__ import annotations

import dataclasses
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax

from econas_jax.data import Split
from econas_jax.errors import SearchError, require_integer
from econas_jax.training.epoch import Task, init_state
from econas_jax.training.job import EpochDone, Event, Events, Jobs, Outcome
from econas_jax.training.pool_report import DeviceReport, PoolReport
from econas_jax.training.ray.cluster import Cluster
from econas_jax.training.ray.lease import Leases
from econas_jax.training.ray.pool import Member, Pool, RayPool
from econas_jax.training.state import vector_size

CHECK_SECONDS = 0.2  # the longest wait for a message
REPORT_SECONDS = 1.0  # between two reports
SAY_SECONDS = 10.0  # of waiting for devices, before it is said; then twice as long each time


class RayTrainer:
    """A `Trainer` with an actor for each device of a cluster; each computes what a process of one machine does."""

    def __init__(self, pool: Pool, cluster: Cluster, state_size: int, lanes: int = 1, place: int = 0) -> None:
        """Starts nothing yet. pool: the devices; state_size: of a candidate's vector; lanes: as in `WaveTrainer`.

        place: among the trainings of the pool's devices; of the trainers that share a pool, one trains at a time.
        """
        require_integer("lanes", lanes, 1)
        self._place = place
        self._pool, self._cluster, self.state_size, self._lanes = pool, cluster, state_size, lanes
        self._missing_since: float | None = None  # when devices began to be waited for
        self._idle_since: float | None = None  # when there began to be no device at all
        self._said = SAY_SECONDS  # the seconds of waiting after which it is said again
        self._begun, self._stages, self._reported = time.monotonic(), 0, 0.0
        weakref.finalize(self, pool.end_all)

    @property
    def devices(self) -> int:
        """How many devices there should be now."""
        return self._pool.wanted

    @property
    def slots(self) -> int:
        """How many candidates they train at once."""
        return self._pool.wanted * self._lanes

    @property
    def device_kind(self) -> str:
        """The kind of the first device, as JAX names it; until there is one, its platform."""
        return next((member.kind for member in self._pool.members if member.kind), self._cluster.platform)

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Waits until one device has compiled all programs; others join as they are ready.

        check: is called several times a second, and ends it by raising. Raises SearchError where no device comes.
        """
        while not any(member.state in ("ready", "training") for member in self._pool.members):
            check()
            for _ in self._messages():
                raise AssertionError("nothing trains yet")
            refused = all(member.state == "refused" for member in self._pool.members)
            if refused and self._pool.refusal:
                raise SearchError(f"no device can be used, the last: {self._pool.refusal}")

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Trains jobs, as `Trainer.train` says; what a lost device was training is trained again on another one.

        A report comes about once a second, whether anything happens or not.
        """
        leases = Leases(jobs, self._lanes, self._place)
        self._begun, self._stages = time.monotonic(), 0
        try:
            while leases or self._at_work():
                for member in self._pool.members:
                    if member.state == "ready" and leases:
                        self._pool.train(member, leases.take(), retries)
                yield from self._messages(leases)
                if report := self.report_if_due():
                    yield report
        finally:
            for member in self._at_work():
                self._pool.end(member)

    def report_if_due(self) -> PoolReport | None:
        """Returns a report about once a second, and None in between."""
        if time.monotonic() - self._reported < REPORT_SECONDS:
            return None
        self._reported = time.monotonic()
        return self.report()

    def report(self) -> PoolReport:
        """Says what the devices are doing."""
        hours = max(time.monotonic() - self._begun, 1e-9) / 3600
        usable = [member for member in self._pool.members if member.state in ("compiling", "ready", "training")]
        missing = time.monotonic() - self._missing_since if self._missing_since else 0.0
        return PoolReport(
            tuple(DeviceReport(member.name, member.kind, _doing(member)) for member in self._pool.members),
            self._pool.wanted,
            len(usable),
            round(missing, 1),
            round(self._stages / hours, 1),
        )

    def _messages(self, leases: Leases | None = None) -> Iterator[Event]:
        """Waits for messages for a moment; yields the events among them."""
        self._pool.adjust()
        for member, kind, content in self._pool.messages(CHECK_SECONDS):
            lease = member.lease
            if leases is None or lease is None:
                continue
            if kind == "lost":
                self._cluster.say(f"a device of {member.name} is lost, {lease} begins anew elsewhere: {content}")
                yield from leases.lost(lease, str(content))
            elif isinstance(content, Outcome):
                del lease.left[content.candidate]
                self._stages += 1
                yield dataclasses.replace(content, device=member.kind)
            elif isinstance(content, EpochDone):
                lease.epoch = content.epoch + 1
                yield content
        if leases is not None:
            yield from self._overdue(leases)
        self._watch()

    def _overdue(self, leases: Leases) -> Iterator[Event]:
        """Gives up devices that have been silent for too long."""
        longest = self._cluster.config.lease_seconds
        for member in self._at_work():
            if time.monotonic() - member.heard > longest and member.lease is not None:
                self._pool.end(member)
                reason = f"it finished no epoch in {longest:.0f} s (trainer.lease_seconds)"
                self._cluster.say(f"a device of {member.name} is given up, {member.lease} begins anew: {reason}")
                yield from leases.lost(member.lease, reason)

    def _watch(self) -> None:
        """Says for how long devices have been missing; raises SearchError if there has been none for too long."""
        now, usable = time.monotonic(), 0
        for member in self._pool.members:
            if member.state == "compiling" and now - member.heard > self._cluster.config.lease_seconds:
                self._pool.end(member)
            usable += member.state in ("compiling", "ready", "training")
        self._idle_since = None if usable else self._idle_since or now
        if self._idle_since and now - self._idle_since > self._cluster.config.wait_seconds:
            refusal = f", the last one refused: {self._pool.refusal}" if self._pool.refusal else ""
            waited = f"{self._cluster.config.wait_seconds:.0f} s (trainer.wait_seconds)"
            raise SearchError(f"0 of {self._pool.wanted} devices after {waited}{refusal}")
        if usable >= self._pool.wanted:
            self._missing_since, self._said = None, SAY_SECONDS
            return
        self._missing_since = self._missing_since or now
        if now - self._missing_since >= self._said:
            self._said *= 2
            self._cluster.say(self.report().summary)

    def _at_work(self) -> list[Member]:
        return [member for member in self._pool.members if member.state == "training"]


def ray_trainer(
    task: Task, train: Split, validation: Split, cluster: Cluster, example: Any, lanes: int = 1
) -> RayTrainer:
    """Makes the trainer of a task on a cluster's devices; the arguments are those of `trainer_for`."""
    state_size = vector_size(jax.eval_shape(lambda: init_state(task, 0, example)))
    pool = RayPool(cluster, [(task, train, validation, example, lanes)])
    return RayTrainer(pool, cluster, state_size, lanes)


def on_one_pool(trainers: Sequence[RayTrainer]) -> list[RayTrainer]:
    """Makes of trainers on a cluster, none of which has started, ones that share its devices."""
    cluster = trainers[0]._cluster
    pool = RayPool(cluster, [each for trainer in trainers for each in trainer._pool.trainings])
    return [
        RayTrainer(pool, cluster, trainer.state_size, trainer._lanes, place) for place, trainer in enumerate(trainers)
    ]


def _doing(member: Member) -> str:
    return str(member.lease) if member.lease is not None else member.state
