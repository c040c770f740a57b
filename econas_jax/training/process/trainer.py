"""Trains on CPU cores, in processes that are bound to a core each: a free process takes the next job.

A process that dies, as when memory runs out, costs its job and not the search; none keeps the memory that compiling
took. Two of them train as fast as two devices of one process, or faster (benchmarks/searches/scaling.py).
"""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import jax

from econas_jax.data import Split
from econas_jax.errors import require_integer
from econas_jax.training.devices import available_cores
from econas_jax.training.epoch import Task, init_state
from econas_jax.training.job import Events, Job, Jobs, Outcome, failure, next_wave
from econas_jax.training.process.cache_filling import filled_cache
from econas_jax.training.process.worker_process import WorkerProcess, end_all, messages, wait_for_answers
from econas_jax.training.state import vector_size


class _Assignment:
    """What a worker has been asked to train, and what of it is still without an outcome."""

    def __init__(self, jobs: Sequence[Job], retries: int) -> None:
        self.left = {job.candidate: job for job in jobs}
        self.several = len(jobs) > 1
        self.retries = retries
        self.start = time.perf_counter()


class ProcessTrainer:
    """A `Trainer` with a process for each device; each computes, to the bit, what a `WaveTrainer` does on one device.

    The processes start at `prepare` and end with this object, or with the process it is in, however that dies. Where
    JAX keeps compiled programs, they are compiled in processes that end at once: compiling takes twice the memory that
    training does, and of an allocator's memory much stays with a process.
    """

    def __init__(
        self, task: Task, train: Split, validation: Split, cores: Sequence[int], example: Any, lanes: int = 1
    ) -> None:
        """Starts nothing yet. cores: a CPU core's number for each process. example, lanes: as in `WaveTrainer`."""
        require_integer("lanes", lanes, 1)
        self.devices, self.slots, self.device_kind = len(cores), len(cores) * lanes, "cpu"
        self.state_size = vector_size(jax.eval_shape(lambda: init_state(task, 0, example)))
        self._trainer_arguments = (task, train, validation, example, lanes)
        self._filling_arguments = (task, train.images.shape, validation.images.shape, example, lanes)
        self._lanes, self._cores = lanes, tuple(cores)
        self._workers: list[WorkerProcess] = []
        weakref.finalize(self, end_all, self._workers)

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Starts the processes and compiles all programs, if they do not run; `train` does it if it has not been done.

        check: is called several times a second, and ends it by raising. Raises what the first process that cannot
        compile raises.
        """
        for worker in [worker for worker in self._workers if not worker.runs]:
            self._end(worker)
        if len(self._workers) == len(self._cores):
            return
        try:
            # All start before one is sent its images, which takes until it listens.
            new = [WorkerProcess(core) for core in self._free_cores()]
            self._workers.extend(new)
            with filled_cache(self._filling_arguments, available_cores(), check):
                for worker in new:
                    worker.ask("make_trainer", *self._trainer_arguments)
            for worker in new:
                worker.ask("compile")
            wait_for_answers(new, check)
        except BaseException:
            end_all(self._workers)
            raise

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Trains jobs, as `Trainer.train` says; the job of a process that died is tried again in another one."""
        again: deque[_Assignment] = deque()  # before anything new
        self.prepare()
        at_work: dict[WorkerProcess, _Assignment] = {}
        try:
            while jobs or again or at_work:
                for worker in self._workers:
                    if worker not in at_work and (again or jobs):
                        new = again.popleft() if again else _Assignment(next_wave(jobs, self._lanes), retries)
                        new.start, at_work[worker] = time.perf_counter(), new
                        worker.ask("train", list(at_work[worker].left.values()), at_work[worker].retries)
                for worker, kind, content in messages(list(at_work)):
                    if kind == "event":
                        if isinstance(content, Outcome):
                            del at_work[worker].left[content.candidate]
                        yield content
                    elif kind == "error":
                        yield from self._after_error(worker, at_work.pop(worker), content, again)
                    elif not worker.pending:  # a new worker has answers to give before that of its job
                        del at_work[worker]
        finally:
            for worker in at_work:
                self._end(worker)

    def _after_error(
        self, worker: WorkerProcess, assignment: _Assignment, error: Exception, again: deque[_Assignment]
    ) -> Events:
        """Puts what is left first in the queue of what is tried again, each job alone, or yields its failure."""
        self._end(worker)
        for core in self._free_cores():  # the new worker trains as soon as it is ready
            self._started(core).ask("compile")
        retries = assignment.retries if assignment.several else assignment.retries - 1
        for job in reversed(assignment.left.values()):
            if retries < 0:
                yield failure(job, error, time.perf_counter() - assignment.start)
            else:
                again.appendleft(_Assignment([job], retries))

    def _free_cores(self) -> list[int]:
        """Lists the cores, one for each process, on which none runs."""
        free = list(self._cores)
        for worker in self._workers:
            free.remove(worker.core)
        return free

    def _started(self, core: int) -> WorkerProcess:
        worker = WorkerProcess(core)
        worker.ask("make_trainer", *self._trainer_arguments)
        self._workers.append(worker)
        return worker

    def _end(self, worker: WorkerProcess) -> None:
        worker.end()
        self._workers.remove(worker)
