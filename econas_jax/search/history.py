"""What a search has done so far: one record a finished training stage, one summary a cycle, as JSON lines."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from econas_jax.files import write_text

POPULATIONS = ("P_E", "P_2E", "P_3E")  # as they are shown

Status = Literal["completed", "diverged", "out_of_memory", "failed"]  # the last: training raised an exception


@dataclasses.dataclass(frozen=True)
class StageRecord:
    """One stage: a candidate trained from one rung of the hierarchical proxy to the next (paper, Algorithm 1).

    Accuracies are fractions of 1, losses are mean cross-entropies in nats; a number that is not finite is None.
    """

    id: int
    parent: int | None
    cycle: int  # 0 is the initial population
    genotype: str
    rung: int  # 1, 2, 3: the candidate has now trained for E, 2E, 3E epochs
    epochs: int  # total after this stage
    train_accuracy: float | None  # of the stage's last epoch
    train_loss: float | None
    validation_accuracy: float | None  # the accuracy the search ranks by
    validation_loss: float | None
    parameters: int  # of the network that was trained (the proxy's channels and cells)
    multiply_adds: int
    seconds: float  # wall time of training and validation; a wave's time is shared out evenly
    status: Status
    reason: str | None = None  # of a stage that did not complete: one line, the last of its exception


@dataclasses.dataclass(frozen=True)
class CycleSummary:
    """The three populations P_E, P_2E, P_3E at the end of a cycle (the paper's Figure 10)."""

    cycle: int
    sizes: tuple[int, int, int]
    mean_accuracies: tuple[float | None, float | None, float | None]  # None where the population is empty
    best_accuracy: float | None  # of P_3E's history so far, else of the highest rung that has one
    skipped_repeats: int  # so far
    seconds: float  # since the search began, interruptions not counted

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> CycleSummary:
        """From JSON's types, which have lists for tuples."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
        return cls(**values)


def to_json_line(record: StageRecord | CycleSummary) -> str:
    """One line of JSON without a line break."""
    return json.dumps(dataclasses.asdict(record), allow_nan=False)


def stage_from_json(line: str) -> StageRecord:
    """The inverse of `to_json_line` for a stage; raises ValueError or TypeError for anything else."""
    return StageRecord(**json.loads(line))


def cycle_from_json(line: str) -> CycleSummary:
    """The inverse of `to_json_line` for a cycle."""
    return CycleSummary.from_fields(json.loads(line))


def lines_of(records: Iterable[StageRecord | CycleSummary]) -> str:
    """One line a record."""
    return "".join(to_json_line(record) + "\n" for record in records)


def write_lines(path: Path, records: Iterable[StageRecord | CycleSummary]) -> None:
    """Replaces the file by one line a record."""
    write_text(path, lines_of(records))


def read_stages(path: Path) -> list[StageRecord]:
    """The records of a `history.jsonl`."""
    return [stage_from_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_cycles(path: Path) -> list[CycleSummary]:
    """The summaries of a `cycles.jsonl`."""
    return [cycle_from_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def last_stages(records: Iterable[StageRecord]) -> dict[int, StageRecord]:
    """The record with the most epochs of each candidate, in the order of the candidates."""
    last: dict[int, StageRecord] = {}
    for record in records:
        if record.id not in last or record.epochs >= last[record.id].epochs:
            last[record.id] = record
    return dict(sorted(last.items()))
