"""Scalars in TensorBoard's files.

TensorBoard reads all files of a folder together, so every run writes one of its own, which begins with a mark that what
an earlier run wrote of the same steps does not count. tensorboardX's SummaryWriter would write in a thread of its own,
where a full disk ends in a traceback; its parts below do not.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import RecordWriter
from tensorboardX.summary import scalar


class ScalarLog:
    """The scalars that one run writes into a folder; without any it writes no file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: RecordWriter | None = None

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Writes the values of a step, by name; steps come in order, and readers see them after `flush`."""
        if self._writer is None:
            self._writer = self._started(step)
        for name, value in values.items():
            self._add(self._writer, Event(summary=scalar(name, value), step=step))

    def flush(self) -> None:
        """Puts on the disk what was written; many steps at once, for each time waits for the disk."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Closes the file, if there is one."""
        if self._writer is not None:
            self._writer.close()

    def _started(self, first: int) -> RecordWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns():020d}.{socket.gethostname()}.{os.getpid()}"
        writer = RecordWriter(str(self._folder / name))
        self._add(writer, Event(file_version="brain.Event:2"))
        self._add(writer, Event(session_log=SessionLog(status=SessionLog.START), step=first))
        return writer

    def _add(self, writer: RecordWriter, event: Event) -> None:
        event.wall_time = time.time()
        writer.write(event.SerializeToString())
