"""What is recorded of stages and rounds."""

from __future__ import annotations

import dataclasses

import pytest
from sample_records import STAGE
from tiny_search import genotypes

from econas_jax.algorithms import AlgorithmState, Member, Trial
from econas_jax.algorithms.algorithm import Group
from econas_jax.nn.network import Cost
from econas_jax.search.records import round_summary, stage_record
from econas_jax.training import Outcome

GENOTYPE = genotypes(1)[0]
TRIAL = Trial(
    candidate=8, genotype=GENOTYPE, parent=2, round=3, phase="for the second time", start_epoch=20, end_epoch=40
)
DONE = Outcome(8, "completed", 1.23456, 1.5, 0.25, 1.25, 0.5)
COST = Cost(parameters=12, multiply_adds=345)


def test_a_stage_tells_trial_outcome_and_costs() -> None:
    assert dataclasses.asdict(stage_record(TRIAL, DONE, COST, "abacus", start_epoch=20)) == {
        "candidate": 8,
        "parent": 2,
        "round": 3,
        "phase": "for the second time",
        "genotype": str(GENOTYPE),
        "start_epoch": 20,
        "epochs": 40,
        "train_loss": 1.5,
        "train_accuracy": 0.25,
        "validation_loss": 1.25,
        "validation_accuracy": 0.5,
        "parameters": 12,
        "multiply_adds": 345,
        "seconds": 1.235,
        "status": "completed",
        "reason": None,
        "device": "abacus",
        "proxy": None,
        "images": None,
    }


def test_a_stage_that_gave_nothing_has_its_costs_its_reason_and_no_accuracies() -> None:
    diverged = Outcome(8, "diverged", 1.0, reason="a loss that is not finite")
    record = stage_record(TRIAL, diverged, COST, "cpu", start_epoch=20)
    assert (record.status, record.reason) == ("diverged", "a loss that is not finite")
    assert (record.parameters, record.multiply_adds, record.epochs) == (12, 345, 40)
    measured = (record.train_loss, record.train_accuracy, record.validation_loss, record.validation_accuracy)
    assert measured == (None, None, None, None)


def test_a_round_tells_sizes_and_means_of_the_groups() -> None:
    def member(candidate: int, accuracy: float) -> Member:
        return Member(candidate, GENOTYPE, None, accuracy, epochs=20, updated=0)

    groups = [
        Group("young", 20, (member(0, 0.1), member(1, 0.3), member(2, 0.2))),
        Group("none", 40, ()),
        Group("old", 60, (member(3, 0.75),)),
    ]
    summary = round_summary(
        4, AlgorithmState(round=5, skipped_repeats=6), groups, STAGE.validation_accuracy, seconds=2.34567
    )
    assert (summary.round, summary.skipped_repeats, summary.seconds) == (4, 6, 2.346)
    told = [(group.name, group.epochs, group.size, group.mean_accuracy) for group in summary.groups]
    assert told == [("young", 20, 3, pytest.approx(0.2)), ("none", 40, 0, None), ("old", 60, 1, 0.75)]
    assert summary.best_accuracy == STAGE.validation_accuracy
