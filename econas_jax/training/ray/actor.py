"""A device of a cluster, as an actor that lives long: it holds the images and its compiled programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax

from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.job import Event, Job
from econas_jax.training.process.worker import Worker
from econas_jax.training.ray.node import NodeFacts, node_facts

# A setting that is a path: each node has its own, and the environment tells the user's.
_OF_A_NODE = ("jax_compilation_cache_dir",)


class DeviceFacts(NamedTuple):
    """A device and the node it is on; kind and platform: as JAX names them."""

    node: NodeFacts
    kind: str
    platform: str

    @property
    def arithmetic(self) -> str:
        """What equal numbers are promised for: the kind, and on a CPU the processor's features, too."""
        return f"{self.kind} {self.node.processor}" if self.platform == "cpu" else self.kind


class DeviceActor:
    """Trains on the first device that JAX finds, as a process of one machine does."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []

    def describe(self, settings: Mapping[str, Any]) -> DeviceFacts:
        """Takes over the driver's settings of JAX, and says what this device is."""
        Worker().configure({name: value for name, value in settings.items() if name not in _OF_A_NODE})
        use_compilation_cache()
        device = jax.local_devices()[0]
        return DeviceFacts(node_facts(), device.device_kind, device.platform)

    def prepare(self, trainings: Sequence[tuple[Any, ...]]) -> None:
        """Makes a trainer for each training and compiles its programs, or loads them from the node's cache.

        trainings: arguments of `Worker.make_trainer`. The images in them lie in the node's shared memory, once for all.
        """
        self._workers = [Worker() for _ in trainings]
        for worker, arguments in zip(self._workers, trainings, strict=True):
            worker.make_trainer(*arguments)
            worker.compile()

    def train(self, place: int, jobs: Sequence[Job], retries: int) -> Iterator[Event]:
        """Trains jobs by one of the trainers and yields every event."""
        yield from self._workers[place].events(jobs, retries)
