"""The files of a search: what lies where in its folder, and how the readable ones are written."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from econas_jax import provenance
from econas_jax.algorithms import Member
from econas_jax.errors import InputError, require
from econas_jax.history import StageRecord, write_lines, write_text
from econas_jax.report import write_search_figures
from econas_jax.search.config import SearchConfig, to_json
from econas_jax.search.records import last_stage_by_candidate
from econas_jax.search.state import SearchState

CHANGEABLE = ("devices", "save_seconds", "data.path", "data.download")  # no number of a search depends on these


class Workdir:
    """`config.json`, `history.jsonl`, `cycles.jsonl`, `result.json`, `checkpoints/`, `figures/`.

    All but the first and the checkpoints are made from a commit, after it, so they never tell more than it does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.figures = path / "figures"
        self._config_file = path / "config.json"

    def open(self, config: SearchConfig) -> None:
        """Makes the folder this search's, or checks that it is; raises InputError if it is not or cannot be written."""
        self.check(config)
        made_with = {
            "versions": provenance.versions(),
            "git_revision": provenance.git_revision(),
            "machine": provenance.machine(),
        }
        description = {"config": to_json(config), **made_with}
        with self._refused_if_unwritable():
            write_text(self._config_file, json.dumps(description, indent=2) + "\n")

    def check(self, config: SearchConfig) -> None:
        """Makes the folder if need be, and checks what `open` checks, without writing anything into it."""
        with self._refused_if_unwritable():
            self.path.mkdir(parents=True, exist_ok=True)
        if self._config_file.exists():
            self._check_same(self._config_file, config)
        else:
            used = any(self.path.iterdir())
            require(not used, "workdir", str(self.path), "an empty folder, or one made by an earlier search")

    def write_progress(self, state: SearchState) -> None:
        """The readable records of a commit."""
        write_lines(self.path / "history.jsonl", state.stages)
        write_lines(self.path / "cycles.jsonl", state.cycles)

    def write_result(self, state: SearchState, best: Sequence[Member]) -> None:
        """`result.json` and the figures, from a finished (or interrupted) search."""
        stages = last_stage_by_candidate(state.stages)
        result = {
            "best": [_describe(rank, member, stages[member.candidate]) for rank, member in enumerate(best, start=1)],
            "cycles": state.algorithm.cycle,
            "finished": state.algorithm.phase == "done",
            "candidates": state.algorithm.next_candidate,
            "stages": len(state.stages),
            "diverged": sum(stage.status == "diverged" for stage in state.stages),
            "skipped_repeats": state.algorithm.skipped_repeats,
            "seconds": round(state.seconds, 3),
        }
        write_text(self.path / "result.json", json.dumps(result, indent=2) + "\n")
        write_search_figures(self.figures, state.stages, state.cycles, [member.genotype for member in best])

    @contextlib.contextmanager
    def _refused_if_unwritable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError("workdir", str(self.path), f"a folder that can be written ({error.strerror})") from None

    def _check_same(self, file: Path, config: SearchConfig) -> None:
        try:
            earlier = _flat(json.loads(file.read_text(encoding="utf-8"))["config"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise InputError("workdir", str(self.path), f"a readable {file.name} in it, or an empty folder") from None
        now = _flat(json.loads(json.dumps(to_json(config))))
        names = sorted(set(earlier) | set(now))
        differing = [n for n in names if earlier.get(n) != now.get(n) and n not in CHANGEABLE]
        described = ", ".join(f"{name}: {earlier.get(name)} there, {now.get(name)} here" for name in differing)
        allowed = f"the config it was made with, or another folder ({described})"
        require(not differing, "workdir", str(self.path), allowed)


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


def _flat(fields: Any, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat
