"""TensorBoard scalars of a search: the populations, the pace and where the time goes, a point a cycle.

TensorBoard reads all files of a folder together, so every run of a search writes one of its own, which begins with a
mark that what an earlier run wrote of the same cycles does not count. tensorboardX's SummaryWriter would write in a
thread of its own, where a full disk ends in a traceback; its parts below do not.
"""

from __future__ import annotations

import os
import socket
import time
import types
from collections.abc import Iterator
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import RecordWriter
from tensorboardX.summary import scalar

from econas_jax.search.history import POPULATIONS, CycleSummary
from econas_jax.search.state import SearchState


class Scalars:
    """Writes the cycles of a run (those finished before are in earlier runs' files); a context manager."""

    def __init__(self, folder: Path, finished: int) -> None:
        """finished: cycles that were committed when the run began."""
        self._folder = folder
        self._written = finished
        self._writer: RecordWriter | None = None

    def __enter__(self) -> Scalars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, state: SearchState, shares: dict[str, float]) -> None:
        """The cycles of a commit that are not written yet; shares: of the run's time, by kind, so far."""
        for summary in state.cycles[self._written :]:
            if self._writer is None:
                self._writer = self._started(summary.cycle)
            for name, value in (*_of_cycle(summary, state), *((f"time/{kind}", part) for kind, part in shares.items())):
                self._add(self._writer, Event(summary=scalar(name, value), step=summary.cycle))
            self._writer.flush()
        self._written = len(state.cycles)

    def _started(self, cycle: int) -> RecordWriter:
        self._folder.mkdir(exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns():020d}.{socket.gethostname()}.{os.getpid()}"
        writer = RecordWriter(str(self._folder / name))
        self._add(writer, Event(file_version="brain.Event:2"))
        self._add(writer, Event(session_log=SessionLog(status=SessionLog.START), step=cycle))
        return writer

    def _add(self, writer: RecordWriter, event: Event) -> None:
        event.wall_time = time.time()
        writer.write(event.SerializeToString())


def _of_cycle(summary: CycleSummary, state: SearchState) -> Iterator[tuple[str, float]]:
    for name, size, mean in zip(POPULATIONS, summary.sizes, summary.mean_accuracies, strict=True):
        yield f"population_size/{name}", size
        if mean is not None:
            yield f"mean_validation_accuracy/{name}", mean
    if summary.best_accuracy is not None:
        yield "best_validation_accuracy", summary.best_accuracy
    candidates = len({stage.id for stage in state.stages if stage.cycle <= summary.cycle})
    yield "candidates_an_hour", 3600 * candidates / max(summary.seconds, 1e-9)
