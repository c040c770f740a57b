"""A process that trains on one core what its starter asks for.

`WorkerProcess` starts it, with the descriptor of a socket's one end and the core as arguments, and is its only user. It
ends when the other end is closed, at once and whatever it is doing: it never outlives the process that started it.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from econas_jax.data import Split
from econas_jax.training.compile.export_cache import OWN_SETTINGS
from econas_jax.training.compile.kept_program import Shape
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.epoch import Task
from econas_jax.training.job import Event, Events, Job
from econas_jax.training.programs import Programs
from econas_jax.training.wave import WaveTrainer

Request = tuple[str, tuple[Any, ...]]  # the name of a method of `Worker`, and its arguments


class Worker:
    """Does what is asked for, method by method, in the order of the requests; `tell` sends an event meanwhile."""

    def __init__(self, tell: Callable[[Event], None] = lambda event: None) -> None:
        self._tell = tell
        self._trainer: WaveTrainer | None = None

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Takes over JAX's settings, so that programs are compiled alike and kept in the same folder."""
        for name, value in settings.items():
            if name not in OWN_SETTINGS and jax.config.values.get(name, value) != value:
                jax.config.update(name, value)

    def make_trainer(self, task: Task, train: Split, validation: Split, example: Any, lanes: int) -> None:
        """Does all that comes before programs are compiled, or loaded from the cache; arguments: as `WaveTrainer`'s."""
        self._trainer = WaveTrainer(task, train, validation, _devices(), example, lanes)

    def compile(self) -> None:
        """Compiles the programs of the trainer, or loads them from the cache."""
        self._made().prepare()

    def fill_cache(
        self, names: Sequence[str], task: Task, train: Shape, validation: Shape, example: Any, lanes: int
    ) -> None:
        """Compiles some of the programs for other processes, which find them in the cache."""
        mesh = Mesh(np.array(_devices()), (POPULATION,))
        Programs(task, mesh, lanes, example, train, validation).compile(names)

    def train(self, jobs: Sequence[Job], retries: int) -> None:
        """Trains jobs and tells every event."""
        for event in self.events(jobs, retries):
            self._tell(event)

    def events(self, jobs: Sequence[Job], retries: int) -> Events:
        """Trains jobs and yields every event."""
        return self._made().train(deque(jobs), retries)

    def _made(self) -> WaveTrainer:
        if self._trainer is None:
            raise RuntimeError("a worker makes its trainer first")
        return self._trainer


def _devices() -> list[jax.Device]:
    return jax.local_devices()[:1]  # the CPU, in a process of a trainer by processes


def _listen(parent: Connection, requests: queue.SimpleQueue[Request]) -> None:
    try:
        while True:
            requests.put(parent.recv())
    except (EOFError, ConnectionError):
        os._exit(0)  # the main thread may be in the middle of an epoch


def _sendable(error: Exception) -> Exception:
    """Returns the error, or one with its words if it cannot travel."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error's __reduce__ and __init__ may raise anything
        return RuntimeError("".join(traceback.format_exception_only(error)).strip())
    return error


def main() -> None:
    """Answers requests for ever: ("event", event), ("done", value) and ("error", exception, traceback)."""
    descriptor, core = map(int, sys.argv[1:])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})  # before JAX makes its threads
    parent, requests = Connection(descriptor), queue.SimpleQueue[Request]()
    threading.Thread(target=_listen, args=(parent, requests), daemon=True).start()
    worker = Worker(lambda event: parent.send(("event", event)))
    while True:
        method, arguments = requests.get()
        try:
            parent.send(("done", getattr(worker, method)(*arguments)))
        except Exception as error:  # whatever a compiler or a network may raise
            parent.send(("error", _sendable(error), traceback.format_exc()))
