"""What the training of one network has done so far: a record an epoch, as JSON lines, and the place it has reached."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HISTORY_FILE = "history.jsonl"


@dataclasses.dataclass(frozen=True)
class EpochRecord:
    """One epoch of one network. Accuracies are fractions of 1, losses are mean cross-entropies in nats.

    The training numbers are of the batches as they were trained on, augmented and with paths dropped, without label
    smoothing and the auxiliary head's loss.
    """

    epoch: int  # from 0
    learning_rate: float
    drop_path_probability: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None  # None where the validation images were not looked at
    validation_accuracy: float | None
    seconds: float  # since the network's training began, interruptions not counted

    def scalars(self) -> dict[str, float]:
        """Returns the numbers that there are, by name."""
        fields = dataclasses.asdict(self)
        return {name: value for name, value in fields.items() if name != "epoch" and value is not None}


@dataclasses.dataclass(frozen=True)
class Progress:
    """The place that a network's training has reached: all that a commit holds but the weights."""

    epoch: int = 0  # the one at hand
    step: int = 0  # of the epoch at hand: steps that are done
    images: int = 0  # of these steps
    loss: float = 0.0  # summed over these images
    correct: float = 0.0
    history: tuple[EpochRecord, ...] = ()  # of the epochs that are done
    seconds: float = 0.0  # spent so far, interruptions not counted

    def counted(self, images: int, loss: float, correct: float) -> Progress:
        """Returns the place after one more step."""
        return dataclasses.replace(
            self,
            step=self.step + 1,
            images=self.images + images,
            loss=self.loss + loss,
            correct=self.correct + correct,
        )

    def ended(self, record: EpochRecord) -> Progress:
        """Returns the place after the end of the epoch at hand."""
        history = (*self.history, record)
        return Progress(self.epoch + 1, history=history, seconds=record.seconds)

    def to_json(self) -> dict[str, Any]:
        """Returns the fields in JSON's types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Progress:
        """Inverts `to_json`."""
        history = tuple(EpochRecord(**record) for record in fields["history"])
        return cls(**{**fields, "history": history})


def lines_of(records: Iterable[EpochRecord]) -> str:
    """Writes one line of JSON a record."""
    return "".join(json.dumps(dataclasses.asdict(record), allow_nan=False) + "\n" for record in records)


def read_history(path: Path) -> list[EpochRecord]:
    """Reads a `history.jsonl`; raises ValueError or TypeError for another file."""
    return [EpochRecord(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
