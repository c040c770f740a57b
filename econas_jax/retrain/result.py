"""What comes out of a retraining: a record a network, for a caller, for `result.json` and as the paper's Table 2."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from econas_jax.errors import InputError

Status = Literal["completed", "diverged", "failed"]  # the last: training raised an exception
COLUMNS = ("", "network", "test error (%)", "parameters (M)", "multiply-adds (M)", "hours", "epochs")


@dataclasses.dataclass(frozen=True)
class NetworkOutcome:
    """One network whose training is over. Accuracies are fractions of 1; a number that there is not is None."""

    number: int  # in the order asked for, from 0: its folder is network_<number>
    name: str
    genotype: str
    status: Status
    epochs: int  # trained
    test_accuracy: float | None  # of the last epoch, never the best one's
    test_loss: float | None
    validation_accuracy: float | None
    train_accuracy: float | None
    parameters: int  # without an auxiliary head
    multiply_adds: int  # of one image
    seconds: float  # of training and evaluation, interruptions not counted
    reason: str | None = None  # of a network that did not complete: one line

    @property
    def test_error(self) -> float | None:
        """The test error in percent."""
        return None if self.test_accuracy is None else 100 * (1 - self.test_accuracy)


@dataclasses.dataclass(frozen=True)
class RetrainResult:
    """A finished retraining; `workdir / "network_0" / "model"` is the first network's trained model."""

    networks: tuple[NetworkOutcome, ...]
    workdir: Path

    @property
    def failed(self) -> tuple[NetworkOutcome, ...]:
        """The networks whose training came to no end."""
        return tuple(network for network in self.networks if network.status != "completed")


def table_rows(networks: Sequence[NetworkOutcome]) -> list[list[str]]:
    """Returns the cells of the table under `COLUMNS`, a row a network."""
    return [
        [
            str(network.number),
            network.name,
            network.status if network.status != "completed" else _number(network.test_error, 2),
            _number(network.parameters / 1e6, 2),
            _number(network.multiply_adds / 1e6, 1),
            _number(network.seconds / 3600, 2),
            str(network.epochs),
        ]
        for network in networks
    ]


def result_fields(networks: Sequence[NetworkOutcome], asked: int) -> dict[str, Any]:
    """Returns what `result.json` holds. asked: how many networks are to be trained."""
    return {
        "networks": [dataclasses.asdict(network) | {"test_error": network.test_error} for network in networks],
        "asked": asked,
        "finished": len(networks) == asked,
    }


def outcome_from_json(text: bytes, file: Path) -> NetworkOutcome:
    """Reads a network's `outcome.json`; raises InputError for another file."""
    try:
        fields: Mapping[str, Any] = json.loads(text)
        return NetworkOutcome(**fields)
    except (ValueError, TypeError, RecursionError):
        raise InputError("workdir", str(file), "what this version wrote, or no such file") from None


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
