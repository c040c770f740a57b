"""What is kept of a run, a search of one contender with one seed: who led after which cost, and how good they are."""

from __future__ import annotations

import bisect
import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from econas_jax.compare.config import Unit
from econas_jax.compare.cost import epochs_of, seconds_of
from econas_jax.compare.leaders import Leaders
from econas_jax.search.history import StageRecord


class TracePoint(NamedTuple):
    """A change of the leaders: from this cost on, until the next point, these candidates lead."""

    epochs: int  # that all candidates together have trained
    seconds: float  # for which their devices have trained them
    validation_accuracy: float  # of the first, in the search
    candidates: tuple[int, ...]  # the leaders, best first

    def cost(self, unit: Unit) -> float:
        """Returns the cost in a unit."""
        return self.epochs if unit == "epochs" else self.seconds


class Full(NamedTuple):
    """A candidate after full training; None: not known, or it failed."""

    validation_accuracy: float | None
    test_accuracy: float | None


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """A run that is over. `exhausted`: the space had nothing more to train before the budget was spent."""

    contender: str
    seed: int
    stages: int
    epochs: int
    seconds: float
    trace: tuple[TracePoint, ...]
    genotypes: Mapping[int, str]  # by candidate: of all that ever led
    full: Mapping[int, Full]  # by candidate: of those that were trained in full
    exhausted: bool = False

    def reaches(self, budget: float, unit: Unit) -> bool:
        """Says whether the run is long enough for a budget."""
        return self.exhausted or (self.epochs if unit == "epochs" else self.seconds) >= budget

    def point(self, budget: float, unit: Unit) -> TracePoint | None:
        """Returns where the run stood when the budget was spent; None where nothing had been recorded."""
        place = bisect.bisect_right(self.trace, budget, key=lambda point: point.cost(unit))
        return self.trace[place - 1] if place else None

    def validation_accuracy(self, budget: float, unit: Unit) -> float | None:
        """Returns the best one so far when the budget was spent."""
        point = self.point(budget, unit)
        return None if point is None else point.validation_accuracy

    def test_accuracy(self, budget: float, unit: Unit) -> float | None:
        """Returns that of the answer: of the leaders after full training, the best by validation.

        None where one of them has not been trained in full, or none came to an accuracy.
        """
        point = self.point(budget, unit)
        if point is None or any(candidate not in self.full for candidate in point.candidates):
            return None
        trained = [self.full[candidate] for candidate in point.candidates]
        known = [each for each in trained if each.validation_accuracy is not None]
        # Of equal ones the first leads: max keeps it.
        return max(known, key=lambda each: each.validation_accuracy or 0.0).test_accuracy if known else None


def record_run(
    contender: str, seed: int, stages: Iterable[StageRecord], best: int, function: Callable[[str], str]
) -> RunRecord:
    """Returns the record of a search's stages in the order of its history, without any full training.

    best: how many lead; function: a text that genotypes of one function share.
    """
    leaders = Leaders(best, function)
    trace: list[TracePoint] = []
    genotypes: dict[int, str] = {}
    number, epochs, seconds = 0, 0, 0.0
    for stage in stages:
        number, epochs, seconds = number + 1, epochs + epochs_of(stage), seconds + seconds_of(stage)
        if leaders.add(stage) and leaders.top:
            genotypes |= {leader.candidate: leader.genotype for leader in leaders.top}
            numbers = tuple(leader.candidate for leader in leaders.top)
            trace.append(TracePoint(epochs, round(seconds, 3), leaders.top[0].accuracy, numbers))
    return RunRecord(contender, seed, number, epochs, round(seconds, 3), tuple(trace), genotypes, {})


def to_line(record: RunRecord) -> str:
    """Writes a record as a line of JSON, with its line break."""
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return json.dumps(fields, allow_nan=False) + "\n"


def from_line(line: str) -> RunRecord:
    """Reads what `to_line` wrote; raises ValueError, TypeError or KeyError for anything else."""
    fields: dict[str, Any] = json.loads(line)
    trace = (TracePoint(point[0], point[1], point[2], tuple(point[3])) for point in fields.pop("trace"))
    genotypes = {int(candidate): str(text) for candidate, text in fields.pop("genotypes").items()}
    full = {int(candidate): Full(*accuracies) for candidate, accuracies in fields.pop("full").items()}
    return RunRecord(trace=tuple(trace), genotypes=genotypes, full=full, **fields)
