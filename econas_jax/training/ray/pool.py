"""The devices of a cluster: an actor for each, started as resources come, and what the actors have to say."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol

import jax

from econas_jax.errors import SearchError
from econas_jax.training.job import Job
from econas_jax.training.ray.actor import DeviceActor, DeviceFacts
from econas_jax.training.ray.cluster import Cluster
from econas_jax.training.ray.connection import one_line
from econas_jax.training.ray.lease import Lease
from econas_jax.training.ray.node import node_facts

LOOK_SECONDS = 2.0  # between two looks at how many devices the cluster has
FETCH_SECONDS = 60.0  # for a result that is there to come from its node
STARTS = 5  # for each device: so many in a row may be lost before any is ready

Message = tuple["Member", Literal["event", "done", "lost"], Any]


@dataclasses.dataclass(eq=False)
class Member:
    """A device of the pool, or one that is waited for.

    Refused is one that cannot train for this driver; it keeps its place, for another one there would be as bad.
    """

    actor: Any
    pending: Any  # what it has been asked for last: a reference, or a stream of them; None: nothing
    state: Literal["waiting", "compiling", "ready", "training", "refused"] = "waiting"
    facts: DeviceFacts | None = None
    lease: Lease | None = None  # while it trains
    heard: float = dataclasses.field(default_factory=time.monotonic)  # when it said something last

    @property
    def name(self) -> str:
        """The name of its node."""
        return self.facts.node.name if self.facts else ""

    @property
    def kind(self) -> str:
        """The kind of the device, as JAX names it; "" until it is known."""
        return self.facts.kind if self.facts else ""


class Pool(Protocol):
    """What a trainer needs of devices that come and go."""

    members: list[Member]
    wanted: int  # how many there should be
    refusal: str | None  # why a device was refused last
    trainings: tuple[tuple[Any, ...], ...]  # whose programs every device has: arguments of `Worker.make_trainer`

    def adjust(self) -> None:
        """Asks for devices that are missing, and no longer for those that are too many."""

    def train(self, member: Member, lease: Lease, retries: int) -> None:
        """Has a device that is ready train."""

    def messages(self, seconds: float) -> Iterator[Message]:
        """Waits at most so long; yields an event of a device, or that it has done, or why it was lost."""

    def end(self, member: Member) -> None:
        """Ends a device's process, whatever it is doing; what it would have said is not heard."""

    def end_all(self) -> None:
        """Ends all."""


class RayPool:
    """The pool of a cluster; nothing of the scheduling is done here, Ray places each actor where a device is free."""

    def __init__(self, cluster: Cluster, trainings: Sequence[tuple[Any, ...]]) -> None:
        """Starts nothing yet. trainings: arguments of `Worker.make_trainer`; a device has the programs of all."""
        self.members: list[Member] = []
        self.wanted = len(cluster)
        self.refusal: str | None = None
        self._cluster, self.trainings = cluster, tuple(trainings)
        self._shipped: Any = None  # the trainings in the object store, from which each node takes one copy
        self._looked, self._lost_starts = 0.0, 0
        self._arithmetic: str | None = None  # of the first device: others must have the same
        self._driver = node_facts()

    def adjust(self) -> None:
        """Asks Ray for devices that are missing, and no longer for those that are too many."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self.wanted, self._looked = len(self._cluster), time.monotonic()
        for _ in range(self.wanted - len(self.members)):
            self._start()
        idle = [member for member in self.members if member.state in ("waiting", "refused")]
        for member in idle[: max(0, len(self.members) - self.wanted)]:
            self.end(member)

    def train(self, member: Member, lease: Lease, retries: int) -> None:
        """Has a device that is ready train; its events come as a stream."""
        jobs: Sequence[Job] = list(lease.left.values())
        member.state, member.lease, member.heard = "training", lease, time.monotonic()
        member.pending = member.actor.train.remote(lease.place, jobs, retries)

    def messages(self, seconds: float) -> Iterator[Message]:
        """Waits at most so long; yields an event of a device, or that it has done, or why it was lost.

        Raises SearchError where devices are lost again and again before one is ready.
        """
        import ray

        pending = {member.pending: member for member in self.members if member.pending is not None}
        if not pending:
            time.sleep(seconds)
            return
        ready, rest = ray.wait(list(pending), num_returns=1, timeout=seconds)
        if ready and rest:
            ready += ray.wait(rest, num_returns=len(rest), timeout=0)[0]
        for each in ready:
            member = pending[each]
            if member in self.members:
                member.heard = time.monotonic()
                yield from self._training_said(member) if member.state == "training" else self._start_went_on(member)

    def end(self, member: Member) -> None:
        """Ends a device's process, whatever it is doing; what it would have said is not heard."""
        import ray

        if member in self.members:
            self.members.remove(member)
            if ray.is_initialized():
                ray.kill(member.actor)

    def end_all(self) -> None:
        """Ends all."""
        for member in list(self.members):
            self.end(member)
        self._shipped = None

    def _start(self) -> None:
        import ray

        if self._shipped is None:
            self._shipped = ray.put(self.trainings)
        # An actor that asks for a GPU would take a CPU as well, and wait for one.
        device = {"num_cpus": 0, "num_gpus": 1} if self._cluster.resource == "GPU" else {"num_cpus": 1}
        actor = (
            ray.remote(DeviceActor)
            .options(
                **device,
                max_restarts=0,
                max_task_retries=0,
                scheduling_strategy="SPREAD",
                runtime_env={"env_vars": dict(self._cluster.environment)},
            )
            .remote()
        )
        self.members.append(Member(actor, actor.describe.remote(dict(jax.config.values))))

    def _start_went_on(self, member: Member) -> Iterator[Message]:
        """Takes the next step towards a device that is ready: what it is, then its programs."""
        import ray

        try:
            answer = ray.get(member.pending, timeout=FETCH_SECONDS)
        except ray.exceptions.RayTaskError as error:
            self._refuse(member, one_line(error))
        except ray.exceptions.RayError as error:
            self.end(member)
            self._lost_starts += 1
            if self._lost_starts >= STARTS * self.wanted:
                raise SearchError(f"no device could be made ready, the last was lost: {one_line(error)}") from None
        else:
            if member.state == "waiting":
                self._admit(member, answer)
            else:
                member.state, member.pending = "ready", None
                self._lost_starts = 0
        yield from ()

    def _admit(self, member: Member, facts: DeviceFacts) -> None:
        member.facts = facts
        if different := facts.node.different(self._driver):
            self._refuse(member, different)
        elif facts.platform != self._cluster.platform:
            self._refuse(member, f"JAX finds no {self._cluster.resource} there, is its plugin installed?")
        elif not self._cluster.config.mixed and self._arithmetic not in (None, facts.arithmetic):
            self._refuse(member, "it rounds differently from the devices before it, which trainer.mixed allows")
        else:
            self._arithmetic = self._arithmetic or facts.arithmetic
            member.state, member.pending = "compiling", member.actor.prepare.remote(self._shipped)

    def _refuse(self, member: Member, reason: str) -> None:
        member.state, member.pending = "refused", None
        self.refusal = f"{member.name} {member.kind}: {reason}".strip(" :")
        self._cluster.say(f"a device is not used: {self.refusal}")

    def _training_said(self, member: Member) -> Iterator[Message]:
        import ray

        try:
            content = ray.get(next(member.pending), timeout=FETCH_SECONDS)
        except StopIteration:
            member.state, member.pending, member.lease = "ready", None, None
            yield member, "done", None
        except ray.exceptions.RayError as error:  # its process or its node is gone, or it raised what no job raises
            self.end(member)
            yield member, "lost", one_line(error)
        else:
            yield member, "event", content
