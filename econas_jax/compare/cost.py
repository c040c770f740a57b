"""What a stage of a search costs, in the units of budgets."""

from __future__ import annotations

from econas_jax.search.history import StageRecord


def epochs_of(stage: StageRecord) -> int:
    """Returns the epochs that a stage trained for."""
    return stage.epochs - stage.start_epoch


def seconds_of(stage: StageRecord) -> float:
    """Returns the seconds that a stage took on its device."""
    return stage.seconds
