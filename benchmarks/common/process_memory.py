"""The most memory that every process held which a part of a script started, and those started in turn."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

INTERVAL = 0.25  # seconds: a process's last one may be missed


class ProcessMemory:
    """Watches within a with statement; Linux only."""

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
        """Seconds that each process was seen to live and the most it held, the longest-lived first."""
        rows = [
            {"seconds": row["last"] - row["first"], "peak_bytes": row["peak_bytes"]} for row in self._found.values()
        ]
        return sorted(rows, key=lambda row: row["seconds"], reverse=True)

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            for process in _descendants(os.getpid()):
                now = time.monotonic()
                with contextlib.suppress(OSError, LookupError):  # it has ended
                    peak = status_bytes(process, "VmHWM")
                    self._found.setdefault(process, {"first": now}).update(last=now, peak_bytes=peak)


def status_bytes(process: int | str, field: str) -> int:
    """A number of bytes that Linux keeps of a process; raises LookupError where it has none, as of a zombie."""
    _, found, rest = Path(f"/proc/{process}/status").read_text(encoding="utf-8").partition(f"{field}:")
    if not found:
        raise LookupError(f"process {process} has no {field}")
    return 1024 * int(rest.split()[0])


def _descendants(ancestor: int) -> list[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8")
            except OSError:  # it has ended
                continue
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    family = {ancestor}
    while new := {process for process, parent in parents.items() if parent in family} - family:
        family |= new
    return sorted(family - {ancestor})
