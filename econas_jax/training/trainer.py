"""What a search needs of a trainer, and which one trains on given devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from econas_jax.data import Split
from econas_jax.training.devices import Devices
from econas_jax.training.epoch import Task
from econas_jax.training.job import Events, Jobs
from econas_jax.training.process.trainer import ProcessTrainer
from econas_jax.training.wave import WaveTrainer


class Trainer(Protocol):
    """Trains jobs on a pool of devices; results depend neither on the pool nor on what shares it."""

    @property
    def slots(self) -> int:
        """How many candidates it trains at once."""

    @property
    def devices(self) -> int:
        """How many devices it trains on."""

    @property
    def device_kind(self) -> str:
        """The kind of its devices, as JAX names it."""

    @property
    def state_size(self) -> int:
        """The length of a candidate's state vector."""

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Compiles all programs; `train` does it if it has not been done.

        check: is called several times a second where others compile, and ends it by raising.
        """

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Yields every epoch that is done and an outcome for each job, in whatever order they come.

        jobs: a queue, which the reader may add to after any event; each begins as soon as there is room, in the queue's
        order but for those that share a program's call. It ends when the queue is empty and all are answered. retries:
        how often a job is tried again that raised an exception; one that diverges is not, for it would again. Closing
        the iterator abandons what is left. Raises ValueError for jobs that make no sense.
        """


def trainer_for(task: Task, train: Split, validation: Split, devices: Devices, example: Any, lanes: int = 1) -> Trainer:
    """Chooses actors for a cluster, processes for CPU cores, and one program over all devices for accelerators.

    example: any architecture's arrays, which fix the shapes of the programs. lanes: candidates a device trains at a
    time.
    """
    if devices.cluster is not None:
        from econas_jax.training.ray.trainer import ray_trainer  # Ray is an extra

        return ray_trainer(task, train, validation, devices.cluster, example, lanes)
    if devices.cores:
        return ProcessTrainer(task, train, validation, devices.cores, example, lanes)
    return WaveTrainer(task, train, validation, devices.accelerators, example, lanes)


def share_devices(trainers: Sequence[Trainer], devices: Devices) -> Sequence[Trainer]:
    """Returns trainers for the same devices in place of those given, so that they do not wait for each other's.

    Of them one may train at a time. None of those given has been prepared.
    """
    if devices.cluster is None:
        return trainers  # processes and programs need no device for themselves
    from econas_jax.training.ray.trainer import RayTrainer, on_one_pool  # Ray is an extra

    return on_one_pool(cast(Sequence[RayTrainer], trainers))
