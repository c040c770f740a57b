"""Trains waves on CPU cores, each candidate in a process of its own on a core of its own.

A process that dies, as when memory runs out, costs its wave and not the search; none keeps the memory that compiling
took. Two of them train as fast as two devices of one process, or faster (benchmarks/scaling.py).
"""

from __future__ import annotations

import dataclasses
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import jax

from econas_jax.data import Split
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training.epoch import Task, init_state
from econas_jax.training.process.cache_filling import filled_cache
from econas_jax.training.process.worker import Compilation, Preparation, Training
from econas_jax.training.process.worker_process import WorkerProcess, answers, end_all
from econas_jax.training.state import vector_size
from econas_jax.training.wave import Job, Outcome, epochs_of_wave


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
        weakref.finalize(self, end_all, self._workers)

    def compile(self) -> None:
        """Starts the processes and compiles all programs, if they do not run; `train` does it if it has not been done.

        Raises what the first one that cannot compile raises.
        """
        if self._workers and all(worker.runs for worker in self._workers):
            return
        end_all(self._workers)
        self._workers.extend(map(WorkerProcess, self._cores))
        with filled_cache(self._preparation, self._cores):
            for worker in self._workers:  # beside the compilation they start
                worker.ask(self._preparation)
        for worker in self._workers:
            worker.ask(Compilation())
        answers(self._workers)

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
            outcomes: list[Outcome] = answers(workers, Epochs(workers, start, on_epoch))
        except BaseException:
            if any(worker.pending for worker in workers):
                end_all(self._workers)
            raise
        share = (time.perf_counter() - start_time) / len(jobs)
        return [
            dataclasses.replace(outcome, seconds=share, validation_seconds=outcome.validation_seconds / len(jobs))
            for outcome in outcomes
        ]


class Epochs:
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
