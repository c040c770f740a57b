"""A process that trains one candidate at a time, on one core.

`WorkerProcess` starts it, with the descriptor of a socket's one end and the core as arguments, and is its only user. It
ends when the other end is closed, at once and whatever it is doing: it never outlives the process that started it.
"""

from __future__ import annotations

import dataclasses
import os
import pickle
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any, Protocol

import jax
import numpy as np
from jax.sharding import Mesh

from econas_jax.data import Split
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training.compile.export_cache import OWN_SETTINGS
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.epoch import Task
from econas_jax.training.programs import Programs, Shape
from econas_jax.training.wave import Job, Outcome, WaveTrainer


class Worker:
    """What requests find in the process."""

    trainer: WaveTrainer

    def __init__(self, tell_epoch: Callable[[int], None]) -> None:
        self.tell_epoch = tell_epoch

    @property
    def devices(self) -> list[jax.Device]:
        """The one device, of one core."""
        return jax.local_devices(backend="cpu")[:1]


class Request(Protocol):
    """Something that is done in the process; what it returns, or raises, is the answer."""

    def __call__(self, worker: Worker) -> Any:
        """Does it."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """The first request: JAX's settings, so that programs are compiled alike, and kept in the same folder."""

    values: Mapping[str, Any]

    def __call__(self, worker: Worker) -> None:
        for name, value in self.values.items():
            if name not in OWN_SETTINGS and jax.config.values.get(name, value) != value:
                jax.config.update(name, value)


@dataclasses.dataclass(frozen=True)
class Preparation:
    """All that comes before programs are compiled, or loaded from the cache; fields: as in `WaveTrainer`."""

    task: Task
    train: Split
    validation: Split
    example: Genotype

    def __call__(self, worker: Worker) -> None:
        worker.trainer = WaveTrainer(self.task, self.train, self.validation, worker.devices, self.example)


@dataclasses.dataclass(frozen=True)
class Compilation:
    """After `Preparation`."""

    def __call__(self, worker: Worker) -> None:
        worker.trainer.compile()


@dataclasses.dataclass(frozen=True)
class CacheFilling:
    """Compiles some of the programs for other processes, which find them in the cache."""

    names: tuple[str, ...]
    task: Task
    train: Shape
    validation: Shape
    example: Genotype

    def __call__(self, worker: Worker) -> None:
        mesh = Mesh(np.array(worker.devices), (POPULATION,))
        Programs(self.task, mesh, 1, self.example, self.train, self.validation).compile(self.names)


@dataclasses.dataclass(frozen=True)
class Training:
    """Trains a job, and tells of every epoch."""

    job: Job

    def __call__(self, worker: Worker) -> Outcome:
        [outcome] = worker.trainer.train([self.job], worker.tell_epoch)
        return outcome


def _listen(parent: Connection, requests: queue.SimpleQueue[Request]) -> None:
    try:
        while True:
            requests.put(parent.recv())
    except (EOFError, ConnectionError):
        os._exit(0)  # the main thread may be in the middle of an epoch


def _sendable(error: Exception) -> Exception:
    """The error, or one with its words if it cannot travel."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error's __reduce__ and __init__ may raise anything
        return RuntimeError("".join(traceback.format_exception_only(error)).strip())
    return error


def main() -> None:
    """What the process does. Answers are ("epoch", number), ("done", value) and ("error", exception, traceback)."""
    descriptor, core = map(int, sys.argv[1:])
    os.sched_setaffinity(0, {core})  # before JAX makes its threads
    parent, requests = Connection(descriptor), queue.SimpleQueue[Request]()
    threading.Thread(target=_listen, args=(parent, requests), daemon=True).start()
    worker = Worker(lambda epoch: parent.send(("epoch", epoch)))
    while True:
        request = requests.get()
        try:
            parent.send(("done", request(worker)))
        except Exception as error:  # whatever a compiler or a network may raise
            parent.send(("error", _sendable(error), traceback.format_exc()))
