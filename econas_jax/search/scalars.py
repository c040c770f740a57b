"""TensorBoard scalars of a search: groups, pace and where the time goes, a point a round.

TensorBoard reads all files of a folder together, so every run of a search writes one of its own, which begins with a
mark that what an earlier run wrote of the same rounds does not count. tensorboardX's SummaryWriter would write in a
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

from econas_jax.search.history import RoundSummary
from econas_jax.search.state import SearchState


class Scalars:
    """Writes the rounds of a run (those finished before are in earlier runs' files); a context manager."""

    def __init__(self, folder: Path, finished: int) -> None:
        """Writes nothing yet. finished: rounds that were committed when the run began."""
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
        """Writes the rounds of a commit that are not written yet; shares: of the run's time, by kind, so far."""
        for summary in state.rounds[self._written :]:
            if self._writer is None:
                self._writer = self._started(summary.round)
            for name, value in (*_of_round(summary, state), *((f"time/{kind}", part) for kind, part in shares.items())):
                self._add(self._writer, Event(summary=scalar(name, value), step=summary.round))
            self._writer.flush()
        self._written = len(state.rounds)

    def _started(self, first: int) -> RecordWriter:
        self._folder.mkdir(exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns():020d}.{socket.gethostname()}.{os.getpid()}"
        writer = RecordWriter(str(self._folder / name))
        self._add(writer, Event(file_version="brain.Event:2"))
        self._add(writer, Event(session_log=SessionLog(status=SessionLog.START), step=first))
        return writer

    def _add(self, writer: RecordWriter, event: Event) -> None:
        event.wall_time = time.time()
        writer.write(event.SerializeToString())


def _of_round(summary: RoundSummary, state: SearchState) -> Iterator[tuple[str, float]]:
    for group in summary.groups:
        yield f"group_size/{group.name}", group.size
        if group.mean_accuracy is not None:
            yield f"mean_validation_accuracy/{group.name}", group.mean_accuracy
    if summary.best_accuracy is not None:
        yield "best_validation_accuracy", summary.best_accuracy
    candidates = len({stage.candidate for stage in state.stages if stage.round <= summary.round})
    yield "candidates_an_hour", 3600 * candidates / max(summary.seconds, 1e-9)
