"""A stage, one that diverged, and a round, for tests of what is done with records."""

from __future__ import annotations

import dataclasses

from econas_jax.search.history import GroupSummary, RoundSummary, StageRecord

STAGE = StageRecord(
    candidate=3,
    parent=1,
    round=2,
    phase="children",
    genotype="Genotype(...)",
    start_epoch=0,
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
ROUND = RoundSummary(
    round=2,
    groups=(
        GroupSummary("P_E", epochs=20, size=5, mean_accuracy=0.1),
        GroupSummary("P_2E", epochs=40, size=1, mean_accuracy=2 / 3),
        GroupSummary("P_3E", epochs=60, size=0, mean_accuracy=None),
    ),
    best_accuracy=0.7,
    skipped_repeats=4,
    seconds=1.5,
)
