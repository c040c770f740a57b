"""What a search has done so far: one record a finished training stage, one summary a round, as JSON lines."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from econas_jax.files import write_text

STAGES_FILE, ROUNDS_FILE = "history.jsonl", "rounds.jsonl"

Status = Literal["completed", "diverged", "out_of_memory", "failed"]  # the last: training raised an exception


@dataclasses.dataclass(frozen=True)
class StageRecord:
    """One stage: a candidate trained from one number of epochs to another, and validated.

    Accuracies are fractions of 1, losses are mean cross-entropies in nats; a number that is not finite is None.
    """

    candidate: int
    parent: int | None
    round: int  # in which it was trained; EcoNAS calls it a cycle
    phase: str  # what the stage was for, in words
    genotype: str
    start_epoch: int  # from which it was trained; the stage's own epochs are those up to `epochs`
    epochs: int  # total after this stage
    train_accuracy: float | None  # of the stage's last epoch
    train_loss: float | None
    validation_accuracy: float | None  # the accuracy the search ranks by
    validation_loss: float | None
    parameters: int  # of the network that was trained (the proxy's channels and cells)
    multiply_adds: int
    seconds: float  # of training and validation on its device, shared evenly with what was trained there meanwhile
    status: Status
    reason: str | None = None  # of a stage that did not complete: one line, the last of its exception
    device: str | None = None  # the kind it was trained on: equal numbers are promised for one kind; None: not recorded
    # Where rungs have proxies of their own, this stage's, and the images that it trained on in an epoch: what it cost
    # in comparison with others is epochs times images times multiply-adds.
    proxy: str | None = None
    images: int | None = None


@dataclasses.dataclass(frozen=True)
class GroupSummary:
    """A group of an algorithm's members, such as a population, at the end of a round."""

    name: str
    epochs: int  # for which its members have trained
    size: int
    mean_accuracy: float | None  # None where it is empty


@dataclasses.dataclass(frozen=True)
class RoundSummary:
    """The groups of an algorithm at the end of a round (for EcoNAS the paper's Figure 10)."""

    round: int
    groups: tuple[GroupSummary, ...]
    best_accuracy: float | None  # among the candidates that have trained the longest so far
    skipped_repeats: int  # so far
    seconds: float  # since the search began, interruptions not counted
    skipped_too_large: int = 0  # so far, because of `search.max_parameters` or `search.max_multiply_adds`
    skipped_blind: int = 0  # so far, because their output cannot depend on the image

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> RoundSummary:
        """Reads a summary from JSON's types."""
        return cls(**{**fields, "groups": tuple(GroupSummary(**group) for group in fields["groups"])})

    def to_fields(self) -> dict[str, Any]:
        """Returns the summary in JSON's types, sooner than `dataclasses.asdict`, which looks for more to copy."""
        return {**vars(self), "groups": [dict(vars(group)) for group in self.groups]}


Record = StageRecord | RoundSummary
OF_RUNGS = ("proxy", "images")  # what the lines of a search by one proxy do not tell
_ENCODER = json.JSONEncoder(allow_nan=False)  # which json.dumps would make anew for each line


def to_json_line(record: Record) -> str:
    """Writes a record as one line of JSON without a line break."""
    # Neither by asdict, which would look for fields within fields, thousands of times a commit.
    fields = dict(vars(record)) if isinstance(record, StageRecord) else record.to_fields()
    if isinstance(record, StageRecord) and record.proxy is None:
        for name in OF_RUNGS:
            del fields[name]
    return _ENCODER.encode(fields)


def stage_from_json(line: str) -> StageRecord:
    """Reads what `to_json_line` wrote of a stage; raises ValueError or TypeError for anything else."""
    return StageRecord(**json.loads(line))


def round_from_json(line: str) -> RoundSummary:
    """Reads what `to_json_line` wrote of a round; raises ValueError, TypeError or KeyError for anything else."""
    return RoundSummary.from_fields(json.loads(line))


def lines_of(records: Iterable[Record]) -> str:
    """Writes one line a record."""
    return "".join(to_json_line(record) + "\n" for record in records)


def write_lines(path: Path, records: Iterable[Record]) -> None:
    """Replaces the file by one line a record."""
    write_text(path, lines_of(records))


def read_stages(path: Path) -> list[StageRecord]:
    """Reads a `history.jsonl`."""
    return [stage_from_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_rounds(path: Path) -> list[RoundSummary]:
    """Reads a `rounds.jsonl`."""
    return [round_from_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def last_stages(records: Iterable[StageRecord]) -> dict[int, StageRecord]:
    """Finds each candidate's record with the most epochs, in the order of the candidates."""
    last: dict[int, StageRecord] = {}
    for record in records:
        if record.candidate not in last or record.epochs >= last[record.candidate].epochs:
            last[record.candidate] = record
    return dict(sorted(last.items()))


class BestAccuracy:
    """The best validation accuracy after the most epochs so far: others do not compare with it.

    A candidate whose last stage failed is out, whatever it had reached before.
    """

    def __init__(self, stages: Iterable[StageRecord] = ()) -> None:
        self._reached: dict[int, tuple[int, float]] = {}  # by candidate: epochs and accuracy of its last stage
        self._best: int | None = None  # a candidate
        for stage in stages:
            self.add(stage)

    def add(self, stage: StageRecord) -> None:
        """Takes note of one stage more."""
        before = self._reached.pop(stage.candidate, None)
        if stage.validation_accuracy is not None:
            self._reached[stage.candidate] = (stage.epochs, stage.validation_accuracy)
        if before is not None and stage.candidate == self._best:
            self._best = max(self._reached, key=self._reached.__getitem__, default=None)
        elif stage.candidate in self._reached and (
            self._best is None or self._reached[stage.candidate] > self._reached[self._best]
        ):
            self._best = stage.candidate

    @property
    def value(self) -> float | None:
        """The best accuracy; None where no candidate is left."""
        return None if self._best is None else self._reached[self._best][1]
