"""What a search's folder tells of it: read only, from a search that may be running, dead or damaged."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from econas_jax.errors import InputError, require
from econas_jax.experiment import lock
from econas_jax.search.config import SearchConfig, from_mapping
from econas_jax.search.history import CycleSummary, StageRecord, cycle_from_json, last_stages, stage_from_json

MAXIMUM_BYTES = 2**28  # of a file; a search of 100,000 stages has a third of it
BEST = 5
PACE = 50  # last stages, by whose seconds the time left is estimated

Record = TypeVar("Record")


@dataclasses.dataclass(frozen=True)
class Status:
    """A search as its folder tells it; `unreadable`: lines and files that say nothing, in words."""

    config: SearchConfig
    running: bool
    stages: tuple[StageRecord, ...]
    cycles: tuple[CycleSummary, ...]
    finished: bool
    time_shares: dict[str, float]  # of the last run, by kind; empty if unknown
    tracebacks: tuple[str, ...]  # names of files in failures/
    unreadable: tuple[str, ...]

    @property
    def best(self) -> list[StageRecord]:
        """The best candidates of the highest rungs by their last stages, best first."""
        trained = [stage for stage in last_stages(self.stages).values() if stage.validation_accuracy is not None]
        return sorted(trained, key=lambda stage: (-stage.rung, -(stage.validation_accuracy or 0.0), stage.id))[:BEST]

    @property
    def failures(self) -> list[StageRecord]:
        """All stages that did not complete."""
        return [stage for stage in self.stages if stage.status != "completed"]

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the last stages' pace; None before the first stage."""
        recent = self.stages[-PACE:]
        if not recent:
            return None
        left = 0 if self.finished else max(self.config.stages - len(self.stages), 0)
        return left * sum(stage.seconds for stage in recent) / len(recent)


def read_status(workdir: Path) -> Status:
    """Reads the folder and changes nothing in it.

    Raises InputError if it is no search's: its `config.json` is missing or damaged.
    """
    unreadable: list[str] = []
    config = _config(workdir)
    stages = _records(workdir / "history.jsonl", stage_from_json, unreadable)
    cycles = _records(workdir / "cycles.jsonl", cycle_from_json, unreadable)
    times = _json(workdir / "times.json", unreadable).get("shares", {})
    result = _json(workdir / "result.json", unreadable)
    # A result of fewer cycles than the config has is that of a search which goes on.
    finished = result.get("finished") is True and result.get("cycles") == config.search.cycles
    failures = workdir / "failures"
    return Status(
        config=config,
        running=lock.is_held(workdir),
        stages=stages,
        cycles=cycles,
        finished=finished,
        time_shares={str(kind): float(share) for kind, share in times.items() if isinstance(share, int | float)},
        tracebacks=tuple(sorted(path.name for path in failures.iterdir())) if failures.is_dir() else (),
        unreadable=tuple(unreadable),
    )


def _config(workdir: Path) -> SearchConfig:
    file = workdir / "config.json"
    require(file.is_file(), "workdir", str(workdir), "the folder of a search, with its config.json")
    problems: list[str] = []
    fields = _json(file, problems).get("config")
    require(not problems and isinstance(fields, dict), "workdir", str(workdir), "a readable config.json in it")
    try:
        return from_mapping(fields)  # type: ignore[arg-type]
    except InputError as error:
        raise InputError("workdir", str(workdir), f"a config.json of this version ({error})") from None


def _json(file: Path, unreadable: list[str]) -> dict[str, Any]:
    """The file's object; {} if there is no such file, or it is damaged."""
    try:
        fields = json.loads(_text(file))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict):
        return fields
    unreadable.append(file.name)
    return {}


def _records(file: Path, parse: Callable[[str], Record], unreadable: list[str]) -> tuple[Record, ...]:
    """The file's records, without lines that are none."""
    records = []
    try:
        lines = _text(file).splitlines()
    except FileNotFoundError:
        return ()
    except OSError:
        unreadable.append(file.name)
        return ()
    for number, line in enumerate(lines, start=1):
        try:
            records.append(parse(line))
        except (ValueError, TypeError, AttributeError, RecursionError):
            unreadable.append(f"{file.name}, line {number}")
    return tuple(records)


def _text(file: Path) -> str:
    if file.stat().st_size > MAXIMUM_BYTES:
        raise OSError("too large")
    return file.read_text(encoding="utf-8", errors="replace")
