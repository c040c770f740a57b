"""The processes that make batches, shared by all that ask for one; without processes, the asking thread does it."""

from __future__ import annotations

import queue
import threading
import weakref

from econas_jax.data.dataset import Images, Labels
from econas_jax.data.stream.reader import Reader, Request
from econas_jax.data.stream.reading_process import ReadingProcess


class ReaderPool:
    """Makes batches in any of its processes; safe to be used by several threads."""

    def __init__(self, reader: Reader, workers: int) -> None:
        """Starts nothing before the first batch is asked for. workers: processes; 0: none."""
        self._reader, self.workers = reader, workers
        self._idle: queue.SimpleQueue[ReadingProcess] = queue.SimpleQueue()
        self._processes: list[ReadingProcess] = []
        self._starting = threading.Lock()
        # Ends them when the pool is no longer used or the program ends.
        self._finalizer = weakref.finalize(self, _end_all, self._processes)

    def read(self, request: Request) -> tuple[Images, Labels]:
        """Makes a batch, as `Reader.read` does, when a process is free; raises SearchError if that process died."""
        if self.workers == 0:
            return self._reader.read(request)
        idle = self._started()
        process = idle.get()
        try:
            return process.read(request, self._reader.shape(request))
        finally:
            idle.put(process)  # a dead one, too: whoever waits is told

    def close(self) -> None:
        """Ends all processes at once; the next batch starts new ones."""
        with self._starting:
            _end_all(self._processes)
            self._idle = queue.SimpleQueue()

    def _started(self) -> queue.SimpleQueue[ReadingProcess]:
        with self._starting:
            if not self._processes:
                self._processes.extend(ReadingProcess() for _ in range(self.workers))
                for process in self._processes:  # once all of them are starting
                    process.give(self._reader)
                    self._idle.put(process)
            return self._idle


def _end_all(processes: list[ReadingProcess]) -> None:
    for process in processes:
        process.end()
    processes.clear()
