"""What the folder of a search inside a supernet tells of it, read only, and the lines that say so. No JAX here."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError
from econas_jax.experiment import lock
from econas_jax.status.damaged_files import read_object, read_records
from econas_jax.status.duration import duration
from econas_jax.supernet.history import HISTORY_FILE, EpochRecord
from econas_jax.supernet.ranking import RANKING_FILE

PACE = 5  # last epochs, by whose seconds the time left is estimated


@dataclasses.dataclass(frozen=True)
class SupernetStatus:
    """A search inside a supernet as its folder tells it; `unreadable`: lines and files that say nothing, in words."""

    method: str
    epochs: int  # that it will have
    running: bool
    finished: bool
    history: tuple[EpochRecord, ...]  # an epoch each
    accuracies: tuple[float, ...]  # of candidates that are ranked by the supernet's weights, fractions of 1
    unreadable: tuple[str, ...]

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the last epochs' pace, of the epochs alone; None before the first one."""
        if not self.history:
            return None
        recent = self.history[-1 - PACE :]
        seconds = recent[-1].seconds - (recent[0].seconds if len(recent) > 1 else 0.0)
        return max(self.epochs - len(self.history), 0) * seconds / max(len(recent) - 1, 1)


def read_supernet_status(workdir: Path) -> SupernetStatus:
    """Reads the folder and changes nothing in it; raises InputError where its config tells no method and epochs."""
    unreadable: list[str] = []
    config = read_object(workdir / "config.json", unreadable).get("config", {})
    try:
        method, epochs = str(config["method"]), int(config["proxy"]["epochs"])
    except (KeyError, TypeError, ValueError):
        allowed = "a folder whose config.json is that of a search inside a supernet"
        raise InputError("workdir", str(workdir), allowed) from None
    history = read_records(workdir / HISTORY_FILE, lambda line: EpochRecord.from_json(json.loads(line)), unreadable)
    ranking = read_records(workdir / RANKING_FILE, lambda line: float(json.loads(line)["accuracy"]), unreadable)
    result = read_object(workdir / "result.json", unreadable)
    # A result of fewer epochs is that of a search which goes on.
    finished = result.get("finished") is True and result.get("epochs") == epochs
    return SupernetStatus(method, epochs, lock.is_held(workdir), finished, history, ranking, tuple(unreadable))


def supernet_lines(status: SupernetStatus) -> Iterator[str]:
    """Yields the lines that the command prints."""
    running = "running" if status.running else "finished" if status.finished else "stopped"
    yield f"{running}: {status.method}, {len(status.history)} of {status.epochs} epochs"
    if status.history:
        last = status.history[-1]
        if not status.finished and status.seconds_left:
            yield f"time left: about {duration(status.seconds_left)} of epochs"
        yield ", ".join(f"{name} {_number(name, value)}" for name, value in sorted(last.measures.items()))
        if last.genotype is not None:
            yield f"after epoch {last.epoch}: {last.genotype}"
    if status.accuracies:
        best = f"the best has {100 * max(status.accuracies):.2f} % with the supernet's weights"
        yield f"ranked: {len(status.accuracies)} candidates, {best}"
    if status.unreadable:
        yield f"not readable: {'; '.join(status.unreadable[:3])}"


def _number(name: str, value: Any) -> str:
    return f"{100 * value:.2f} %" if name.endswith("accuracy") else f"{value:.4g}"
