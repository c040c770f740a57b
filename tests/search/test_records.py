"""What is recorded of stages and cycles."""

from __future__ import annotations

import dataclasses

import pytest
from sample_records import DIVERGED, STAGE
from tiny_search import genotypes

from econas_jax.algorithms import EcoNASState, Member, Trial
from econas_jax.search.history import StageRecord
from econas_jax.search.records import Recorder, best_accuracy, cycle_summary
from econas_jax.spaces.darts import multiply_adds, parameters
from econas_jax.training import Outcome

GENOTYPE = genotypes(1)[0]
TRIAL = Trial(candidate=8, genotype=GENOTYPE, parent=2, cycle=3, rung=2, start_epoch=20, end_epoch=40)
DONE = Outcome(8, False, 1.5, 0.25, 1.25, 0.5, None, seconds=1.23456)


def test_a_stage_tells_trial_outcome_and_the_costs_of_the_proxys_network() -> None:
    record = Recorder(channels=9, cells_per_stage=2, num_classes=7, resolution=8).stage(TRIAL, DONE)
    assert (record.id, record.parent, record.cycle, record.rung, record.epochs) == (8, 2, 3, 2, 40)
    assert (record.train_loss, record.train_accuracy) == (1.5, 0.25)
    assert (record.validation_loss, record.validation_accuracy) == (1.25, 0.5)
    assert (record.genotype, record.status, record.seconds) == (str(GENOTYPE), "completed", 1.235)
    assert record.parameters == parameters(GENOTYPE, channels=9, cells_per_stage=2, num_classes=7)
    costs = multiply_adds(GENOTYPE, channels=9, cells_per_stage=2, num_classes=7, resolution=8)
    assert record.multiply_adds == costs


def test_a_diverged_stage_has_its_costs_and_no_accuracies() -> None:
    outcome = Outcome(8, True, None, None, None, None, None, 1.0)
    record = Recorder(9, 2, 7, 8).stage(TRIAL, outcome)
    assert record.status == "diverged" and record.validation_accuracy is None and record.parameters > 0


def test_a_cycle_tells_sizes_and_means_of_the_populations() -> None:
    def member(candidate: int, accuracy: float) -> Member:
        return Member(candidate, GENOTYPE, None, accuracy, rung=1, updated=0)

    populations = ((member(0, 0.1), member(1, 0.3), member(2, 0.2)), (), (member(3, 0.75),))
    algorithm = EcoNASState(cycle=5, populations=populations, skipped_repeats=6)
    summary = cycle_summary(4, algorithm, [STAGE], seconds=2.34567)
    assert (summary.cycle, summary.sizes, summary.skipped_repeats, summary.seconds) == (4, (3, 0, 1), 6, 2.346)
    first, second, third = summary.mean_accuracies
    assert first == pytest.approx(0.2) and second is None and third == 0.75
    assert summary.best_accuracy == STAGE.validation_accuracy


def test_the_best_accuracy_is_of_the_highest_rung_reached() -> None:
    def stage(rung: int, accuracy: float | None) -> StageRecord:
        return dataclasses.replace(STAGE, rung=rung, validation_accuracy=accuracy)

    assert best_accuracy([]) is None
    assert best_accuracy([DIVERGED]) is None
    assert best_accuracy([stage(1, 0.9), stage(2, 0.4), stage(2, 0.6), stage(1, 0.8), stage(3, None)]) == 0.6
    assert best_accuracy([stage(1, 0.0)]) == 0.0
