"""A stage, one that diverged, and a cycle, for tests of what is done with records."""

from __future__ import annotations

import dataclasses

from econas_jax.search.history import CycleSummary, StageRecord

STAGE = StageRecord(
    id=3,
    parent=1,
    cycle=2,
    genotype="Genotype(...)",
    rung=1,
    epochs=20,
    train_accuracy=0.5,
    train_loss=1.25,
    validation_accuracy=1 / 3,
    validation_loss=1.5,
    parameters=1234,
    multiply_adds=56789,
    seconds=0.125,
    status="completed",
)
DIVERGED = dataclasses.replace(
    STAGE,
    parent=None,
    train_accuracy=None,
    train_loss=None,
    validation_accuracy=None,
    validation_loss=None,
    status="diverged",
)
CYCLE = CycleSummary(
    cycle=2,
    sizes=(5, 1, 0),
    mean_accuracies=(0.1, 2 / 3, None),
    best_accuracy=0.7,
    skipped_repeats=4,
    seconds=1.5,
)
