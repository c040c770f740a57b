"""The durable file of runs: `runs.jsonl` grows by a line a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from econas_jax.compare.run_record import RunRecord, from_line, to_line
from econas_jax.errors import InputError
from econas_jax.experiment.line_file import LineFile

Key = tuple[str, int]  # contender and seed
Runs = dict[Key, RunRecord]


class RunFile:
    """A file of one line a run; of two runs of one contender and seed the later, longer one counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = LineFile(path)

    def read(self) -> Runs:
        """Mends the file if need be and returns its runs; raises InputError if it is no such file."""
        self._lines.mend()
        if not self.path.exists():
            return {}
        runs = {}
        try:
            for line in self.path.read_text(encoding="utf-8").splitlines():
                record = from_line(line)
                runs[record.contender, record.seed] = record
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InputError("workdir", str(self.path), "the file that a comparison wrote, or none") from None
        return runs

    def append(self, records: Sequence[RunRecord]) -> None:
        """Adds runs; they are on the disk when this returns."""
        self._lines.append("".join(map(to_line, records)))
