"""Records of what happened in a search: stages and rounds."""

from __future__ import annotations

from collections.abc import Sequence

from econas_jax.algorithms.algorithm import AlgorithmState, Group, Trial
from econas_jax.nn.network import Cost
from econas_jax.search.history import GroupSummary, RoundSummary, StageRecord
from econas_jax.training import Outcome


def stage_record(
    trial: Trial,
    outcome: Outcome,
    cost: Cost,
    device: str,
    *,
    start_epoch: int,
    proxy: str | None = None,
    images: int | None = None,
) -> StageRecord:
    """Describes a stage that is over, however it went.

    cost: of the network that was trained; device: its kind; start_epoch: from which it was trained, 0 in a rung that
    starts anew, whatever its candidate had trained before; proxy, images: as in the record.
    """
    return StageRecord(
        candidate=trial.candidate,
        parent=trial.parent,
        round=trial.round,
        phase=trial.phase,
        genotype=str(trial.genotype),
        start_epoch=start_epoch,
        epochs=trial.end_epoch,
        parameters=cost.parameters,
        multiply_adds=cost.multiply_adds,
        seconds=round(outcome.seconds, 3),
        device=device,
        train_accuracy=outcome.train_accuracy,
        train_loss=outcome.train_loss,
        validation_accuracy=outcome.validation_accuracy,
        validation_loss=outcome.validation_loss,
        status=outcome.status,
        reason=outcome.reason,
        proxy=proxy,
        images=images,
    )


def round_summary(
    number: int, state: AlgorithmState, groups: Sequence[Group], best: float | None, seconds: float
) -> RoundSummary:
    """Describes the groups at the end of a round; state: the algorithm's after it; best: `BestAccuracy` so far."""
    return RoundSummary(
        round=number,
        groups=tuple(_summary(group) for group in groups),
        best_accuracy=best,
        skipped_repeats=state.skipped_repeats,
        seconds=round(seconds, 3),
        skipped_too_large=state.skipped_too_large,
        skipped_blind=state.skipped_blind,
    )


def _summary(group: Group) -> GroupSummary:
    accuracies = [member.accuracy for member in group.members]
    mean = sum(accuracies) / len(accuracies) if accuracies else None
    return GroupSummary(group.name, group.epochs, len(accuracies), mean)
