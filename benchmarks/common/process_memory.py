"""The peak memory of every process that a part of a script starts, and of the processes that those start."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import psutil

INTERVAL = 0.25  # seconds between two looks; a peak in a process's last interval may be missed


class ProcessMemory:
    """Watches all descendants of this process within a with statement."""

    def __enter__(self) -> ProcessMemory:
        self._found: dict[int, dict[str, Any]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def processes(self) -> list[dict[str, Any]]:
        """Returns each process's observed lifetime in seconds and its peak memory, the longest-lived first."""
        rows = [
            {"seconds": row["last"] - row["first"], "peak_bytes": row["peak_bytes"]} for row in self._found.values()
        ]
        return sorted(rows, key=lambda row: row["seconds"], reverse=True)

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            for process in psutil.Process().children(recursive=True):
                now = time.monotonic()
                with contextlib.suppress(psutil.Error):  # the process has ended
                    row = self._found.setdefault(process.pid, {"first": now, "last": now, "peak_bytes": 0})
                    row.update(last=now, peak_bytes=max(row["peak_bytes"], peak_bytes(process)))


def held_bytes(process: psutil.Process | None = None) -> int:
    """Returns the memory that a process (default: this one) holds now."""
    return int((process or psutil.Process()).memory_info().rss)


def peak_bytes(process: psutil.Process | None = None) -> int:
    """Returns the most memory a process (default: this one) has held, or what it holds now where the kernel keeps no
    peak (outside Linux, and for a process that is ending).
    """
    process = process or psutil.Process()
    with contextlib.suppress(OSError, IndexError):
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    return held_bytes(process)
