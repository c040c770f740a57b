"""The files of a search: what lies where in its folder, and how the readable ones are written."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from econas_jax.algorithms import Member
from econas_jax.errors import require
from econas_jax.experiment import lock
from econas_jax.experiment.config_file import ConfigFile, described
from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.files import TEMPORARY, write_text
from econas_jax.search.config import SearchConfig
from econas_jax.search.history import CycleSummary, StageRecord, last_stages, lines_of, write_lines
from econas_jax.search.state import SearchState

# No number of a search depends on these, but for `search.cycles`, with which it only goes on longer, and `lanes` (with
# more than one also `devices`), which may change the last bits of what is trained from then on.
CHANGEABLE = (
    *("devices", "lanes", "save_seconds", "retries", "failures_in_a_row", "disk_gib", "tensorboard"),
    *("data.path", "data.download", "search.cycles"),
)


class Workdir:
    """The files of a search. `config.json` says whose it is and `checkpoints/` holds all that counts.

    `history.jsonl`, `cycles.jsonl`, `result.json`, `figures/` and `report.html` are made from a commit, after it, so
    they never tell more than it does, and are made again from the last commit at every start. `failures/` holds
    tracebacks, for people to read; `times.json` tells where the last run's time went.
    """

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """say: is told what was found and mended."""
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.figures = path / "figures"
        self.failures = path / "failures"
        self.tensorboard = path / "tensorboard"
        self._config_file = ConfigFile(path)
        self._say = say

    @contextlib.contextmanager
    def held(self, config: SearchConfig) -> Iterator[None]:
        """Keeps other searches out of the folder, which is made if need be; raises InputError if one is in it.

        Nothing is written into a folder that `check` refuses.
        """
        self.check(config)
        with lock.locked(self.path):
            yield

    def open(self, config: SearchConfig) -> None:
        """Makes the folder this search's, or checks that it is; raises InputError if it is not or cannot be written."""
        self.check(config)
        with refused_if_unwritable(self.path):
            for leftover in self.path.glob(f"*{TEMPORARY}"):
                leftover.unlink()
        if not self._config_file.exists():
            self.write_config(config)

    def write_config(self, config: SearchConfig) -> None:
        """`config.json`; says which fields it changes. Not before it is sure that the search goes on with them."""
        if self._config_file.exists() and (changes := self._config_file.differing(config)):
            self._say(f"changed since the last run: {described(changes)}")
        self._config_file.write(config)

    def check(self, config: SearchConfig) -> None:
        """Makes the folder if need be, and checks what `open` checks, without writing anything into it."""
        with refused_if_unwritable(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        if self._config_file.exists():
            self._config_file.check_same(config, CHANGEABLE.__contains__)
        else:
            with refused_if_unwritable(self.path):
                used = any(
                    # All that a search killed this early leaves.
                    file.name != lock.FILE and not file.name.endswith(TEMPORARY)
                    for file in self.path.iterdir()
                )
            require(not used, "workdir", str(self.path), "an empty folder, or one made by an earlier search")

    def write_progress(self, state: SearchState) -> None:
        """The readable records of a commit."""
        for name, records in self._records(state):
            write_lines(self.path / name, records)

    def rebuild_progress(self, state: SearchState) -> None:
        """The readable records of the last commit, where they are missing, behind or damaged; says which were."""
        for name, records in self._records(state):
            found = _content(self.path / name)
            if found != lines_of(records).encode():
                write_lines(self.path / name, records)
                if found is not None or records:
                    self._say(f"{name} did not tell what is committed: made again")

    def write_times(self, times: dict[str, object]) -> None:
        """`times.json`: where the run's time went so far."""
        write_text(self.path / "times.json", json.dumps(times, indent=2) + "\n")

    def write_failure(self, record: StageRecord, trace: str) -> str:
        """Keeps a failed stage's traceback; returns where, seen from the workdir."""
        self.failures.mkdir(exist_ok=True)
        file = self.failures / f"candidate_{record.id}_rung_{record.rung}.txt"
        write_text(file, trace)
        return str(file.relative_to(self.path))

    def _records(self, state: SearchState) -> tuple[tuple[str, Sequence[StageRecord | CycleSummary]], ...]:
        return ("history.jsonl", state.stages), ("cycles.jsonl", state.cycles)

    def write_result(self, state: SearchState, best: Sequence[Member]) -> None:
        """`result.json`, the figures and `report.html`, from a finished (or interrupted) search."""
        from econas_jax.search.report.figures import write_search_figures
        from econas_jax.search.report.page import write_search_report  # matplotlib, which nothing else needs

        stages = last_stages(state.stages)
        result = {
            "best": [_describe(rank, member, stages[member.candidate]) for rank, member in enumerate(best, start=1)],
            "cycles": state.algorithm.cycle,
            "finished": state.algorithm.phase == "done",
            "candidates": state.algorithm.next_candidate,
            "stages": len(state.stages),
            "diverged": sum(stage.status == "diverged" for stage in state.stages),
            "failed": sum(stage.status in ("failed", "out_of_memory") for stage in state.stages),
            "skipped_repeats": state.algorithm.skipped_repeats,
            "seconds": round(state.seconds, 3),
        }
        write_text(self.path / "result.json", json.dumps(result, indent=2) + "\n")
        write_search_figures(self.figures, state.stages, state.cycles, [member.genotype for member in best])
        write_search_report(self.path)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _describe(rank: int, member: Member, stage: StageRecord) -> dict[str, Any]:
    return {
        "rank": rank,
        "candidate": member.candidate,
        "validation_accuracy": member.accuracy,
        "epochs": stage.epochs,
        "parameters": stage.parameters,
        "multiply_adds": stage.multiply_adds,
        "genotype": str(member.genotype),
    }
