"""The durable table: rows are added to a CSV file, and a row that is in it survives whatever happens next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from econas_jax.experiment.line_file import LineFile
from econas_jax.study.table import Row, StudyTable, read_table, table_text


class RowFile:
    """A CSV file that grows by whole lines; a line torn by a crash is cut off when the file is opened again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = LineFile(path)

    def read(self) -> StudyTable:
        """Mends the file if need be and returns its rows; raises InputError if it is no table of a study."""
        self._lines.mend()
        if not self.path.exists() or self.path.stat().st_size <= len(table_text(())):  # the header, or a piece of it
            return StudyTable(())
        return read_table(self.path)

    def append(self, rows: Sequence[Row]) -> None:
        """Adds rows; they are on the disk when this returns."""
        self._lines.append(table_text(rows, header=False), header=table_text(()))
