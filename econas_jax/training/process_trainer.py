"""Trains waves on CPU cores, each candidate in a process of its own on a core of its own.

Two devices of one process share its memory and slow each other down; processes share the machine only (measured:
benchmarks/scaling.py).
"""

from __future__ import annotations

import dataclasses
import time
import weakref
from collections.abc import Callable, Sequence
from multiprocessing import connection
from typing import Any

import jax

from econas_jax.data import Split
from econas_jax.genotype import Genotype
from econas_jax.training.epoch import Task, init_state
from econas_jax.training.programs import NAMES
from econas_jax.training.state import vector_size
from econas_jax.training.wave import Job, Outcome, epochs_of_wave
from econas_jax.training.worker import CacheFilling, Compilation, Preparation, Training
from econas_jax.training.worker_process import WorkerProcess


class ProcessTrainer:
    """What `WaveTrainer` does with devices, done with processes, and equal to the bit to what it does on one device.

    The processes start at `compile` and end with this object, or with the process it is in, however that dies. Where
    JAX keeps compiled programs, they are compiled in processes that end at once: compiling takes twice the memory that
    training does, and of an allocator's memory much stays with a process.
    """

    def __init__(self, task: Task, train: Split, validation: Split, cores: Sequence[int], example: Genotype) -> None:
        """cores: the numbers of CPU cores, a slot each. example: as in `WaveTrainer`."""
        self.slots = len(cores)
        self.vector_size = vector_size(jax.eval_shape(lambda: init_state(task, 0, example.encode())))
        self._preparation = Preparation(task, train, validation, example)
        self._cores = cores
        self._workers: list[WorkerProcess] = []
        weakref.finalize(self, _end, self._workers)

    def compile(self) -> None:
        """Starts the processes and compiles all programs, if they do not run; `train` does it if it has not been done.

        Raises what the first one that cannot compile raises.
        """
        if self._workers and all(worker.runs for worker in self._workers):
            return
        _end(self._workers)
        for core in self._cores:
            self._workers.append(WorkerProcess(core))
            self._workers[-1].ask(self._preparation)
        if jax.config.values["jax_enable_compilation_cache"] and jax.config.values["jax_compilation_cache_dir"]:
            self._fill_cache()
        for worker in self._workers:
            worker.ask(Compilation())
        _answers(self._workers)

    def train(self, jobs: Sequence[Job], on_epoch: Callable[[int], None] = lambda epoch: None) -> list[Outcome]:
        """Trains and validates the jobs of one wave, as `WaveTrainer.train` does.

        Raises what the first of the jobs that failed raised, once all have ended; for a process that died, WorkerError.
        If on_epoch raises, the wave is abandoned at once, and the next one begins with new processes.
        """
        start, _ = epochs_of_wave(jobs, self.slots)
        self.compile()
        start_time = time.perf_counter()
        workers = self._workers[: len(jobs)]
        for worker, job in zip(workers, jobs, strict=True):
            worker.ask(Training(job))
        try:
            outcomes: list[Outcome] = _answers(workers, _Epochs(workers, start, on_epoch))
        except BaseException:
            if any(worker.pending for worker in workers):
                _end(self._workers)
            raise
        share = (time.perf_counter() - start_time) / len(jobs)
        return [
            dataclasses.replace(outcome, seconds=share, validation_seconds=outcome.validation_seconds / len(jobs))
            for outcome in outcomes
        ]

    def _fill_cache(self) -> None:
        """One process compiles the largest program, another one the rest, beside the workers' own preparations."""
        task, train, validation, example = vars(self._preparation).values()
        parts = NAMES[:1], NAMES[1:]
        fillers = [WorkerProcess(self._cores[place % len(self._cores)]) for place in range(len(parts))]
        for filler, names in zip(fillers, parts, strict=True):
            filler.ask(CacheFilling(names, task, train.images.shape, validation.images.shape, example))
        try:
            _answers(fillers)
        finally:
            _end(fillers)


class _Epochs:
    """Tells of an epoch when all jobs are through with it, those apart that have ended before."""

    def __init__(self, workers: Sequence[WorkerProcess], start: int, on_epoch: Callable[[int], None]) -> None:
        self._reached = dict.fromkeys(workers, start)
        self._told = start
        self._on_epoch = on_epoch

    def __call__(self, worker: WorkerProcess, kind: str, content: Any) -> None:
        """Takes a worker's message."""
        if kind == "epoch":
            self._reached[worker] = content + 1
        at_work = [reached for worker, reached in self._reached.items() if worker.pending]
        while self._told < min(at_work, default=max(self._reached.values())):
            self._told += 1
            self._on_epoch(self._told - 1)


def _answers(
    workers: Sequence[WorkerProcess], heard: Callable[[WorkerProcess, str, Any], None] = lambda *message: None
) -> list[Any]:
    """The last answer of each, once all have answered; raises the first error, in the order of the workers.

    heard: called with every message.
    """
    answers: dict[WorkerProcess, Any] = {}
    errors: dict[WorkerProcess, BaseException] = {}
    while waiting := {worker.connection: worker for worker in workers if worker.pending}:
        for ready in connection.wait(list(waiting)):
            worker = waiting[ready]  # type: ignore[index]  # of what may be waited for, these are connections
            kind, content = worker.receive()
            if kind == "done":
                answers[worker] = content
            elif kind == "error":
                errors.setdefault(worker, content)
            heard(worker, kind, content)
    for worker in workers:
        if worker in errors:
            raise errors[worker]
    return [answers[worker] for worker in workers]


def _end(workers: list[WorkerProcess]) -> None:
    for worker in workers:
        worker.end()
    workers.clear()
