"""Devices that train nothing, on a clock of their own: the trainer by Ray without Ray, for tests and measurements."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from econas_jax.training.job import EpochDone, Job, Outcome
from econas_jax.training.ray.actor import DeviceFacts
from econas_jax.training.ray.cluster import Cluster
from econas_jax.training.ray.lease import Lease
from econas_jax.training.ray.node import NodeFacts
from econas_jax.training.ray.pool import Member, Message
from econas_jax.training.ray.trainer import RayTrainer
from econas_jax.training.trainer_config import TrainerConfig

FACTS = DeviceFacts(NodeFacts("node", {}, "", ""), "abacus", "cpu")


def one_second(job: Job) -> float:
    """Returns the same for every job."""
    return 1.0


class SimulatedPool:
    """A `Pool` whose devices are there at once; `loss` is the share of leases whose device is lost on the way."""

    def __init__(self, devices: int, seconds: Callable[[Job], float] = one_second, loss: float = 0.0) -> None:
        self.members: list[Member] = []
        self.wanted = devices
        self.refusal: str | None = None
        self.trainings: tuple[tuple[Any, ...], ...] = ()
        self.now, self.busy = 0.0, 0.0  # seconds on the clock; of all devices' training that was not lost
        self.given: list[int] = []  # the candidates of each lease's jobs, in their order
        self.lost = 0
        self._seconds, self._loss, self._random = seconds, loss, random.Random(0)
        self._events: list[tuple[float, int, Member, str, Any]] = []
        self._count = itertools.count()

    def adjust(self) -> None:
        """Fills the pool up."""
        while len(self.members) < self.wanted:
            self.members.append(Member(None, None, "ready", FACTS))

    def train(self, member: Member, lease: Lease, retries: int) -> None:
        """Plans what a device will say."""
        member.state, member.lease, member.heard = "training", lease, time.monotonic()
        seconds = max(map(self._seconds, lease.left.values()))
        self.given.extend(lease.left)
        if self._random.random() < self._loss:
            self._push(seconds * self._random.random(), member, "lost", "its node is gone")
        for job in lease.left.values():
            self._push(seconds / 2, member, "event", EpochDone(job.candidate, job.start_epoch))
            self._push(seconds, member, "event", outcome(job))
        self._push(seconds, member, "done", seconds)

    def messages(self, seconds: float) -> Iterator[Message]:
        """Goes on to the next message."""
        if not self._events:
            return  # nobody trains
        self.now, _, member, kind, content = heapq.heappop(self._events)
        if member not in self.members:
            return  # what a lost device would have said
        member.heard = time.monotonic()
        if kind == "lost":
            self.lost += 1
            self.end(member)
            yield member, "lost", content
        elif kind == "done":
            member.state, member.lease = "ready", None
            self.busy += content
            yield member, "done", None
        else:
            yield member, "event", content

    def end(self, member: Member) -> None:
        """Ends a device: it will not be heard any more."""
        if member in self.members:
            self.members.remove(member)

    def end_all(self) -> None:
        """Ends all."""
        self.members.clear()

    def _push(self, after: float, member: Member, kind: str, content: Any) -> None:
        heapq.heappush(self._events, (self.now + after, next(self._count), member, kind, content))


def outcome(job: Job) -> Outcome:
    """Returns what comes of a job: the candidate and its epochs decide it."""
    number = random.Random(f"{job.candidate} {job.end_epoch}").random()
    return Outcome(job.candidate, "completed", 1.0, number, number, number, number, None)


def simulated_trainer(pool: SimulatedPool, lanes: int = 1, **config: Any) -> RayTrainer:
    """Returns a trainer on simulated devices; config: fields of its `TrainerConfig`."""
    cluster = Cluster(TrainerConfig("ray", **config), pool.wanted, "CPU", {}, lambda line: None)
    return RayTrainer(pool, cluster, 3, lanes)
