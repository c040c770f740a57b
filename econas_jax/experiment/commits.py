"""Commits beside the training: one at a time, in a thread, each followed by the files that are made from it."""

from __future__ import annotations

import time
import types
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from econas_jax.experiment.times import Times

COST = 0.02  # of the run's time that saving may take

State = TypeVar("State")


class Commits(Generic[State]):
    """Runs `write(state)` in a thread; a context manager that ends with the last write.

    A reader of the workdir never sees more than what is committed, for `write` makes the readable files after the
    commit; the run goes on meanwhile, and waits only where a commit is due before the last one is done.
    """

    def __init__(self, write: Callable[[State], None], times: Times, save_seconds: float | None) -> None:
        self._write = write
        self._times = times
        self._save_seconds = save_seconds
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._pending: Future[None] | None = None
        self._begun_at = time.perf_counter()
        self._last_cost = 0.0  # seconds

    def __enter__(self) -> Commits:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        if error is None:
            self.wait()

    def due(self, phase_ends: bool) -> bool:
        """Whether it is time to commit, by `save_seconds`; None: as often as saving stays within its share of time."""
        elapsed = time.perf_counter() - self._begun_at
        if self._save_seconds is None:
            return elapsed * COST >= self._last_cost
        return phase_ends or elapsed >= self._save_seconds

    def begin(self, state: State) -> None:
        """Commits the state in the background; raises what the last commit raised."""
        self.wait()
        self._begun_at = time.perf_counter()
        self._pending = self._pool.submit(self._timed, state)

    def wait(self) -> None:
        """Returns when everything begun is on disk; raises what the last commit raised."""
        pending, self._pending = self._pending, None
        if pending is not None:
            with self._times.measuring("save"):
                pending.result()

    def _timed(self, state: State) -> None:
        start = time.perf_counter()
        self._write(state)
        self._last_cost = time.perf_counter() - start
        self._times.background += self._last_cost
