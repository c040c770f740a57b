"""Records of stages and rounds as JSON lines, written so that no reader ever sees half a file."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
from sample_records import DIVERGED, ROUND, STAGE

from econas_jax.search import history
from econas_jax.search.history import StageRecord


@pytest.mark.parametrize("stage", [STAGE, DIVERGED])
def test_a_stage_is_one_line_of_json_and_comes_back_equal(stage: StageRecord) -> None:
    line = history.to_json_line(stage)
    assert "\n" not in line
    assert json.loads(line)["validation_accuracy"] == stage.validation_accuracy
    assert history.stage_from_json(line) == stage


def test_a_round_comes_back_equal_with_tuples_for_lists() -> None:
    line = history.to_json_line(ROUND)
    assert "\n" not in line
    assert [group["size"] for group in json.loads(line)["groups"]] == [5, 1, 0]
    assert history.round_from_json(line) == ROUND
    assert hash(history.round_from_json(line)) == hash(ROUND)  # it would not be with lists


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_numbers_that_json_does_not_have_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        history.to_json_line(dataclasses.replace(STAGE, train_loss=value))


@pytest.mark.parametrize("line", ["", "{}", "[1]", '{"candidate": 1, "surprise": 2}', history.to_json_line(ROUND)])
def test_a_line_that_is_no_stage_is_refused(line: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        history.stage_from_json(line)


@pytest.mark.parametrize("line", ["", "{}", "[1]", "3", '{"groups": 3}', history.to_json_line(STAGE)])
def test_a_line_that_is_no_round_is_refused(line: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        history.round_from_json(line)


def test_files_hold_a_line_a_record_and_are_replaced(tmp_path: Path) -> None:
    stages, rounds = tmp_path / "history.jsonl", tmp_path / "rounds.jsonl"
    history.write_lines(stages, [DIVERGED, STAGE, STAGE])
    history.write_lines(stages, [STAGE, DIVERGED])
    history.write_lines(rounds, [ROUND])
    assert stages.read_text().count("\n") == 2
    assert history.read_stages(stages) == [STAGE, DIVERGED]
    assert history.read_rounds(rounds) == [ROUND]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.jsonl", "rounds.jsonl"]


def test_no_records_are_an_empty_file(tmp_path: Path) -> None:
    history.write_lines(tmp_path / "history.jsonl", [])
    assert history.read_stages(tmp_path / "history.jsonl") == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.jsonl"
    history.write_lines(path, [STAGE])

    def full(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        history.write_lines(path, [DIVERGED, DIVERGED])
    assert history.read_stages(path) == [STAGE]


def test_the_last_stage_of_a_candidate_is_the_one_with_the_most_epochs() -> None:
    later = dataclasses.replace(STAGE, start_epoch=20, epochs=40)
    first = dataclasses.replace(STAGE, candidate=1)
    last = history.last_stages([later, STAGE, first])
    assert last == {3: later, 1: first} and list(last) == [1, 3]


def best_accuracy(stages: list[history.StageRecord]) -> float | None:
    return history.BestAccuracy(stages).value


def test_the_best_accuracy_is_of_the_longest_training_so_far() -> None:
    def stage(candidate: int, epochs: int, accuracy: float | None) -> StageRecord:
        return dataclasses.replace(STAGE, candidate=candidate, epochs=epochs, validation_accuracy=accuracy)

    assert best_accuracy([]) is None
    assert best_accuracy([DIVERGED]) is None
    stages = [stage(1, 20, 0.9), stage(2, 40, 0.4), stage(3, 40, 0.6), stage(4, 20, 0.8), stage(5, 60, None)]
    assert best_accuracy(stages) == 0.6
    assert best_accuracy([*stages, stage(3, 60, None)]) == 0.4  # whose next stage failed is out
    assert best_accuracy([stage(1, 20, 0.0)]) == 0.0
