"""The durable table: rows are added to a CSV file, and a row that is in it survives whatever happens next."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from econas_jax.study.table import Row, StudyTable, read_table, table_text


class RowFile:
    """A CSV file that grows by whole lines; a line torn by a crash is cut off when the file is opened again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> StudyTable:
        """Mends the file if need be and returns its rows; raises InputError if it is no table of a study."""
        if not self.path.exists():
            return StudyTable(())
        self._cut_torn_line()
        if self.path.stat().st_size <= len(table_text(())):  # the header, or a piece of it that was cut off
            return StudyTable(())
        return read_table(self.path)

    def append(self, rows: Sequence[Row]) -> None:
        """Adds rows; they are on the disk when this returns."""
        new = not self.path.exists() or self.path.stat().st_size == 0
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(table_text(rows, header=new))
            file.flush()
            os.fsync(file.fileno())
        if new:
            folder = os.open(self.path.parent, os.O_RDONLY)  # its entry for the file must survive too
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _cut_torn_line(self) -> None:
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1  # no field holds a line break
        if whole < len(content):
            os.truncate(self.path, whole)
