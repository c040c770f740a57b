"""A file that grows by whole lines: a line that is in it survives whatever happens next."""

from __future__ import annotations

import os
from pathlib import Path


class LineFile:
    """A text file of lines; a line torn by a crash is cut off by `mend`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mend(self) -> None:
        """Cuts off what stands behind the last line break; no field holds one."""
        if self.path.exists():
            content = self.path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(self.path, whole)

    def append(self, text: str, header: str = "") -> None:
        """Adds whole lines, below the header where the file is new; they are on the disk when this returns."""
        new = not self.path.exists() or self.path.stat().st_size == 0
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(header + text if new else text)
            file.flush()
            os.fsync(file.fileno())
        if new:
            folder = os.open(self.path.parent, os.O_RDONLY)  # its entry for the file must survive too
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
