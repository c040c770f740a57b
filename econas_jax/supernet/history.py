"""What a search inside a supernet has done so far: a record an epoch, as JSON lines, and the place it has reached."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HISTORY_FILE = "history.jsonl"

TABLES = ("normal", "reduction", "places")  # fields of a record
Rows = tuple[tuple[float, ...], ...]  # of a table [edges, operations] or [places, candidates]


@dataclasses.dataclass(frozen=True)
class EpochRecord:
    """One epoch. Numbers of batches are means over its steps, of the batches as they were stepped on."""

    epoch: int  # from 0
    learning_rate: float  # of the network's weights, in the epoch's last step
    temperature: float  # of samples; 1 where the method has none
    # Such as train_loss (nats) and train_accuracy (a fraction of 1); of chains also costs and the entropy after it.
    measures: dict[str, float]
    genotype: str | None  # after the epoch's last step; None where the method learns none
    skips: int | None  # skip-connects in its normal cell; of a chain, places that are left out
    normal: Rows | None  # how much each operation of each edge counts after the last step, to 6 decimals
    reduction: Rows | None
    seconds: float  # since the search began, interruptions not counted
    places: Rows | None = None  # of a chain: how much each candidate of each place counts

    def scalars(self) -> dict[str, float]:
        """Returns the numbers by name."""
        own = {"learning_rate": self.learning_rate, "temperature": self.temperature, "seconds": self.seconds}
        return {**self.measures, **own} | ({} if self.skips is None else {"skips": float(self.skips)})

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> EpochRecord:
        """Reads what `dataclasses.asdict` gives, from JSON."""
        tables = {name: _rows(fields.get(name)) for name in TABLES}
        return cls(**{**fields, **tables, "measures": dict(fields["measures"])})


@dataclasses.dataclass(frozen=True)
class Sum:
    """A measure summed up over steps, each as often as it has images."""

    total: float
    images: int

    @property
    def mean(self) -> float:
        """The mean over the steps."""
        return self.total / self.images


@dataclasses.dataclass(frozen=True)
class Progress:
    """The place that a search has reached: all that a commit holds but the state."""

    epoch: int = 0  # the one at hand
    step: int = 0  # of the epoch at hand: steps that are done
    sums: dict[str, Sum] = dataclasses.field(default_factory=dict)  # of these steps' measures
    history: tuple[EpochRecord, ...] = ()  # of the epochs that are done
    seconds: float = 0.0  # spent so far, interruptions not counted

    def counted(self, images: int, measures: Mapping[str, float]) -> Progress:
        """Returns the place after one more step."""
        sums = dict(self.sums)
        for name, value in measures.items():
            before = sums.get(name, Sum(0.0, 0))
            sums[name] = Sum(before.total + images * value, before.images + images)
        return dataclasses.replace(self, step=self.step + 1, sums=sums)

    def means(self) -> dict[str, float]:
        """Returns the measures of the epoch at hand."""
        return {name: self.sums[name].mean for name in sorted(self.sums)}

    def ended(self, record: EpochRecord) -> Progress:
        """Returns the place after the end of the epoch at hand."""
        return Progress(self.epoch + 1, history=(*self.history, record), seconds=record.seconds)

    def to_json(self) -> dict[str, Any]:
        """Returns the fields in JSON's types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Progress:
        """Inverts `to_json`."""
        history = tuple(map(EpochRecord.from_json, fields["history"]))
        sums = {name: Sum(**values) for name, values in fields["sums"].items()}
        return cls(**{**fields, "history": history, "sums": sums})


def _rows(table: Any) -> Rows | None:
    return None if table is None else tuple(map(tuple, table))


def lines_of(records: Iterable[EpochRecord]) -> str:
    """Writes one line of JSON a record."""
    return "".join(json.dumps(dataclasses.asdict(record), allow_nan=False) + "\n" for record in records)


def read_history(path: Path) -> list[EpochRecord]:
    """Reads a `history.jsonl`; raises ValueError, KeyError or TypeError for another file."""
    return [EpochRecord.from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
