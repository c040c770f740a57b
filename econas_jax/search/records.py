"""From what happened in a search to what is recorded of it: stages, cycles, the best accuracy so far."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from econas_jax.algorithms import Trial
from econas_jax.algorithms.econas.state import EcoNASState
from econas_jax.search.attempts import Failure
from econas_jax.search.history import CycleSummary, StageRecord
from econas_jax.spaces.darts import multiply_adds, parameters
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training import Outcome

METRICS = ("train_accuracy", "train_loss", "validation_accuracy", "validation_loss")
DIVERGED = "a loss that is not finite"


@dataclasses.dataclass(frozen=True)
class Recorder:
    """Makes records; the fields describe the proxy's network, whose costs are recorded."""

    channels: int
    cells_per_stage: int
    num_classes: int
    resolution: int

    def multiply_adds(self, genotype: Genotype) -> int:
        """Of the proxy's network, for one image."""
        return multiply_adds(
            genotype,
            channels=self.channels,
            cells_per_stage=self.cells_per_stage,
            resolution=self.resolution,
            num_classes=self.num_classes,
        )

    def stage(self, trial: Trial, outcome: Outcome | Failure) -> StageRecord:
        """The record of a finished stage, or of one that failed."""
        return StageRecord(
            id=trial.candidate,
            parent=trial.parent,
            cycle=trial.cycle,
            genotype=str(trial.genotype),
            rung=trial.rung,
            epochs=trial.end_epoch,
            **_measured(outcome),
            parameters=parameters(
                trial.genotype,
                channels=self.channels,
                cells_per_stage=self.cells_per_stage,
                num_classes=self.num_classes,
            ),
            multiply_adds=self.multiply_adds(trial.genotype),
            seconds=round(outcome.seconds, 3),
        )


def _measured(outcome: Outcome | Failure) -> dict[str, Any]:
    """The fields of a record that tell how training went."""
    if isinstance(outcome, Failure):
        return dict.fromkeys(METRICS) | {"status": outcome.status, "reason": outcome.reason}
    measured = {name: getattr(outcome, name) for name in METRICS}
    return measured | ({"status": "diverged", "reason": DIVERGED} if outcome.diverged else {"status": "completed"})


def cycle_summary(cycle: int, algorithm: EcoNASState, stages: Sequence[StageRecord], seconds: float) -> CycleSummary:
    """The populations at the end of a cycle; algorithm: the state after it, in which the dead are removed."""
    populations = algorithm.populations
    means = [sum(m.accuracy for m in members) / len(members) if members else None for members in populations]
    return CycleSummary(
        cycle=cycle,
        sizes=(len(populations[0]), len(populations[1]), len(populations[2])),
        mean_accuracies=(means[0], means[1], means[2]),
        best_accuracy=best_accuracy(stages),
        skipped_repeats=algorithm.skipped_repeats,
        seconds=round(seconds, 3),
    )


def best_accuracy(stages: Sequence[StageRecord]) -> float | None:
    """The best validation accuracy of the highest rung reached so far: lower rungs' accuracies do not compare."""
    reached = [(stage.rung, stage.validation_accuracy) for stage in stages if stage.validation_accuracy is not None]
    return max(reached)[1] if reached else None
