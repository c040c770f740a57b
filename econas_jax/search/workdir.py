"""The files of a search: what lies where in its folder, and how the readable ones are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from econas_jax.experiment.folder import ExperimentFolder
from econas_jax.files import write_text
from econas_jax.search.config import SearchConfig
from econas_jax.search.earlier_format import EARLIER_ROUNDS_FILE
from econas_jax.search.history import ROUNDS_FILE, STAGES_FILE, Record, StageRecord, lines_of, write_lines
from econas_jax.search.state import SearchState
from econas_jax.spaces.space import Diagram
from econas_jax.training import pool_report
from econas_jax.training.pool_report import PoolReport
from econas_jax.training.trainer_config import TRAINER_FIELDS

# No number of a search depends on these, but for `lanes` (with more than one also `devices`), which may change the last
# bits of what is trained from then on. The field that makes a search longer is changeable, too.
CHANGEABLE = (
    *("devices", "lanes", "save_seconds", "retries", "failures_in_a_row", "disk_gib", "keep_best"),
    *("tensorboard", "data.path", "data.download", "table"),
    *TRAINER_FIELDS,
)

CHECKPOINTS = "checkpoints"


def changeable(config: SearchConfig) -> Callable[[str], bool]:
    """Returns a function that says of a field whether a search may go on with another value of it."""
    return {*CHANGEABLE, f"search.{config.search.length_field}"}.__contains__


class Workdir(ExperimentFolder):
    """The files of a search. `config.json` says whose it is and `checkpoints/` holds all that counts.

    `history.jsonl`, `rounds.jsonl`, `result.json`, `figures/` and `report.html` are made from a commit, after it, so
    they never tell more than it does, and are made again from the last commit at every start. `failures/` holds
    tracebacks, for people to read; `times.json` tells where the last run's time went,
    `devices.json` what the devices of a cluster are doing.
    """

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """Touches nothing yet. say: is told what was found and mended."""
        super().__init__(path, "search", say)
        self.checkpoints = path / CHECKPOINTS
        self.figures = path / "figures"
        self.failures = path / "failures"
        self.tensorboard = path / "tensorboard"
        self.report = path / "report.html"

    def write_progress(self, state: SearchState) -> None:
        """Writes the readable records of a commit."""
        for name, records in self._records(state):
            write_lines(self.path / name, records)

    def rebuild_progress(self, state: SearchState) -> None:
        """Writes the readable records of the last commit where they are missing, behind or damaged; says which were."""
        for name, records in self._records(state):
            found = _content(self.path / name)
            if found != lines_of(records).encode():
                write_lines(self.path / name, records)
                if found is not None or records:
                    self._say(f"{name} did not tell what is committed: made again")
        (self.path / pool_report.FILE).unlink(missing_ok=True)  # of an earlier run's devices
        (self.path / EARLIER_ROUNDS_FILE).unlink(missing_ok=True)  # `rounds.jsonl` tells what it told

    def write_times(self, times: dict[str, object]) -> None:
        """Writes `times.json`: where the run's time went so far."""
        write_text(self.path / "times.json", json.dumps(times, indent=2) + "\n")

    def write_devices(self, report: PoolReport) -> None:
        """Writes `devices.json`: what the devices of a cluster are doing."""
        write_text(self.path / pool_report.FILE, report.to_json() + "\n")

    def write_failure(self, record: StageRecord, trace: str) -> str:
        """Keeps a failed stage's traceback; returns where, seen from the workdir."""
        self.failures.mkdir(exist_ok=True)
        file = self.failures / f"candidate_{record.candidate}_epochs_{record.epochs}.txt"
        write_text(file, trace)
        return str(file.relative_to(self.path))

    def _records(self, state: SearchState) -> tuple[tuple[str, Sequence[Record]], ...]:
        return (STAGES_FILE, state.stages), (ROUNDS_FILE, state.rounds)

    def write_result(
        self, result: dict[str, Any], state: SearchState, cells: Sequence[tuple[str, Sequence[Diagram]]]
    ) -> None:
        """Writes `result.json`, the figures and `report.html`, of a finished search or of one that was stopped.

        cells: the texts of the best genotypes and their diagrams.
        """
        # Matplotlib takes half a second to import, and nothing else of a search needs it.
        from econas_jax.search.report.figures import write_search_figures
        from econas_jax.search.report.page import write_search_report

        write_text(self.path / "result.json", json.dumps(result, indent=2) + "\n")
        write_search_figures(self.figures, state.stages, state.rounds, cells)
        write_search_report(self.path)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
