"""What a search's folder tells of it: read only, from a search that may be running, dead or damaged. No JAX here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from econas_jax.errors import InputError, require
from econas_jax.experiment import lock
from econas_jax.search.earlier_format import EARLIER_ROUNDS_FILE, plan_of, upgraded_line
from econas_jax.search.history import (
    ROUNDS_FILE,
    STAGES_FILE,
    RoundSummary,
    StageRecord,
    last_stages,
    round_from_json,
    stage_from_json,
)
from econas_jax.status.damaged_files import read_object, read_records
from econas_jax.training import pool_report
from econas_jax.training.pool_report import PoolReport

BEST = 5
PACE = 50  # last stages, by whose seconds the time left is estimated


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long a search will be; devices: how many train at once."""

    stages: int
    rounds: int
    devices: int


@dataclasses.dataclass(frozen=True)
class Status:
    """A search as its folder tells it; `unreadable`: lines and files that say nothing, in words."""

    plan: Plan
    running: bool
    stages: tuple[StageRecord, ...]
    rounds: tuple[RoundSummary, ...]
    finished: bool
    time_shares: dict[str, float]  # of the last run, by kind; empty if unknown
    tracebacks: tuple[str, ...]  # names of files in failures/
    unreadable: tuple[str, ...]
    pool: PoolReport | None = None  # what the devices of a cluster do, of a search that is running on one

    @property
    def best(self) -> list[StageRecord]:
        """The best candidates by their last stages: the longest trained first, then the most accurate."""
        trained = [stage for stage in last_stages(self.stages).values() if stage.validation_accuracy is not None]
        key = lambda stage: (-stage.epochs, -(stage.validation_accuracy or 0.0), stage.candidate)  # noqa: E731
        return sorted(trained, key=key)[:BEST]

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
        left = 0 if self.finished else max(self.plan.stages - len(self.stages), 0)
        return left * sum(stage.seconds for stage in recent) / len(recent) / self.plan.devices


def read_status(workdir: Path) -> Status:
    """Reads the folder and changes nothing in it.

    Raises InputError if it is no search's: its `config.json` is missing or damaged.
    """
    unreadable: list[str] = []
    plan = _plan(workdir)
    stages = read_records(workdir / STAGES_FILE, lambda line: stage_from_json(upgraded_line(line)), unreadable)
    shortest = min((stage.epochs for stage in stages), default=0)
    rounds_file = workdir / ROUNDS_FILE
    if not rounds_file.exists():
        rounds_file = workdir / EARLIER_ROUNDS_FILE
    rounds = read_records(rounds_file, lambda line: round_from_json(upgraded_line(line, shortest)), unreadable)
    times = read_object(workdir / "times.json", unreadable).get("shares", {})
    result = read_object(workdir / "result.json", unreadable)
    # A result of fewer rounds than the plan has is that of a search which goes on.
    finished = result.get("finished") is True and result.get("rounds", result.get("cycles")) == plan.rounds
    failures, running = workdir / "failures", lock.is_held(workdir)
    pool = _pool(workdir / pool_report.FILE, unreadable) if running else None
    return Status(
        plan=plan,
        running=running,
        stages=stages,
        rounds=rounds,
        finished=finished,
        time_shares={str(kind): float(share) for kind, share in times.items() if isinstance(share, int | float)},
        tracebacks=tuple(sorted(path.name for path in failures.iterdir())) if failures.is_dir() else (),
        unreadable=tuple(unreadable),
        pool=pool,
    )


def _plan(workdir: Path) -> Plan:
    file = workdir / "config.json"
    require(file.is_file(), "workdir", str(workdir), "the folder of a search, with its config.json")
    problems: list[str] = []
    fields = read_object(file, problems)
    allowed = "a folder whose config.json is that of a search"
    require(not problems and isinstance(fields.get("config"), dict), "workdir", str(workdir), allowed)
    plan = fields.get("plan") or plan_of(fields["config"])
    if not isinstance(plan, Mapping) or not all(isinstance(plan.get(name), int) for name in ("stages", "rounds")):
        raise InputError("workdir", str(workdir), allowed)
    devices = plan.get("devices")
    return Plan(plan["stages"], plan["rounds"], devices if isinstance(devices, int) and devices > 0 else 1)


def _pool(file: Path, unreadable: list[str]) -> PoolReport | None:
    fields = read_object(file, unreadable)
    try:
        return PoolReport.from_fields(fields) if fields else None
    except (ValueError, TypeError, KeyError):
        unreadable.append(file.name)
        return None
