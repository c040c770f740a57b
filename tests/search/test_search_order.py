"""Outcomes come in any order, and a search is stopped anywhere: its history is that of the jobs' order."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_trainer import MadeUpTrainer, use
from search_output import assert_same_search, committed, stop_every
from tiny_search import CONFIG as TINY

from econas_jax.algorithms.algorithm import Trial
from econas_jax.nn.network import Cost
from econas_jax.search import SearchInterruptedError, run_search
from econas_jax.search.history import StageRecord, read_stages
from econas_jax.search.in_flight import InFlight, failures_in_a_row
from econas_jax.search.ladder import Ladder, Setting
from econas_jax.search.rungs import Rungs
from econas_jax.search.state import SearchState
from econas_jax.training import Outcome
from econas_jax.training.config import ProxyConfig
from econas_jax.training.job import Events, Jobs

CONFIG = dataclasses.replace(TINY, save_seconds=1e9)  # commits at the ends of phases, and when it is stopped
STAGES = 4 + 3 * (3 + 2 + 1)


def search(folder: Path, stop_after: int = 9999) -> list[SearchState]:
    """Runs a search to its end, stopping at each so-manieth event; returns what each stop left committed."""
    left = []
    while True:
        try:
            run_search(CONFIG, folder, should_stop=stop_every(stop_after))
        except SearchInterruptedError:
            left.append(committed(folder, CONFIG))
        else:
            return left


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search whose outcomes come in the order of the jobs."""
    folder = tmp_path_factory.mktemp("in_order")
    with pytest.MonkeyPatch.context() as monkeypatch:
        trainer = use(monkeypatch, None)
        search(folder)
    statuses = {stage.status for stage in read_stages(folder / "history.jsonl")}
    assert statuses == {"completed", "diverged"} and len(trainer.told) == STAGES
    return folder


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_outcomes_changes_nothing(
    seed: int, in_order: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = use(monkeypatch, random.Random(seed))
    search(tmp_path)
    assert trainer.told != [(stage.candidate, stage.epochs) for stage in read_stages(in_order / "history.jsonl")]
    assert_same_search(tmp_path, in_order, CONFIG)


@pytest.mark.parametrize("questions", [3, 6])
def test_what_came_early_is_committed_and_nothing_finished_is_trained_again(
    questions: int, in_order: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stops right after the first outcome, and after an epoch of the third job."""
    trainer = use(monkeypatch, random.Random(questions))
    stops = search(tmp_path, stop_after=questions)
    whole = read_stages(in_order / "history.jsonl")
    assert sorted(trainer.told) == sorted((stage.candidate, stage.epochs) for stage in whole)  # each once
    assert len(stops) > 2 and any(state.early for state in stops)
    for state in stops:
        assert identified(state.stages) == identified(whole[: len(state.stages)])  # never a gap
        both = identified((*state.stages, *state.early))
        assert len(set(both)) == len(both) and set(both) <= set(identified(whole))
        assert {result.candidate for result in state.answered} >= {stage.candidate for stage in state.early}
    assert_same_search(tmp_path, in_order, CONFIG)


def identified(stages: Sequence[StageRecord]) -> list[tuple[int, int]]:
    return [(stage.candidate, stage.epochs) for stage in stages]


def test_a_search_that_ends_by_an_error_closes_its_trainers_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is still being trained is abandoned at once, though the error is kept."""
    closed: list[bool] = []
    trainer = use(monkeypatch, None)
    train = trainer.train

    def noted(jobs: Jobs, retries: int = 0) -> Events:
        try:
            yield from train(jobs, retries)
        finally:
            closed.append(True)

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trainer, "train", noted)
    monkeypatch.setattr("econas_jax.search.workdir.Workdir.write_failure", full)
    monkeypatch.setattr(trainer, "_outcome", lambda job: Outcome(job.candidate, "failed", 1.0, trace="Traceback"))
    with pytest.raises(Exception, match="No space left") as kept:
        run_search(CONFIG, tmp_path)
    assert closed == [True] and kept.value is not None


# One batch alone.


class Family:
    """Networks that cost what their genotypes, numbers, say."""

    def encode(self, genotype: Any) -> Any:
        return ("encoded", genotype)

    def cost(self, genotype: Any) -> Cost:
        return Cost(1, genotype)


def batch_of(costs: Sequence[int], total_epochs: int = 4) -> InFlight:
    """Trials of candidates 0, 1, ... that go on from epoch 2 to 4."""
    trials = [Trial(candidate, cost, None, 1, "a phase", 2, 4) for candidate, cost in enumerate(costs)]
    ladder = Ladder(Rungs((total_epochs,), (ProxyConfig(),)), [Setting(Family())])
    return InFlight(ladder, trials, "abacus")


def completed(candidate: int, epochs: int = 4) -> Outcome:
    return Outcome(candidate, "completed", 1.0, 0.5, 0.5, 0.5, 0.5, MadeUpTrainer.state(candidate, epochs))


def added(batch: InFlight, state: SearchState, outcome: Outcome) -> SearchState:
    return batch.add(state, batch.record(outcome), outcome.state)


def state_before(count: int) -> SearchState:
    return SearchState(None, living={number: MadeUpTrainer.state(number, 2) for number in range(count)})  # type: ignore[arg-type]


def test_jobs_are_the_costliest_first_those_that_are_answered_left_out() -> None:
    batch, state = batch_of([10, 30, 20, 30]), state_before(4)
    jobs = batch.jobs(state)
    assert [job.candidate for job in jobs] == [1, 3, 2, 0]
    assert [job.architecture for job in jobs] == [("encoded", 30), ("encoded", 30), ("encoded", 20), ("encoded", 10)]
    assert {(job.start_epoch, job.end_epoch) for job in jobs} == {(2, 4)}
    assert all(job.state is state.living[job.candidate] for job in jobs)
    assert [job.candidate for job in batch.jobs(added(batch, state, completed(3)))] == [1, 2, 0]


def test_a_record_waits_for_those_before_it() -> None:
    batch, state = batch_of([10, 30, 20, 30]), state_before(4)
    recorded, waiting = [], []
    for candidate in (2, 3, 1, 0):
        state = added(batch, state, completed(candidate))
        recorded.append([stage.candidate for stage in state.stages])
        waiting.append(sorted(stage.candidate for stage in state.early))
    assert recorded == [[], [], [1, 3, 2], [1, 3, 2, 0]]
    assert waiting == [[2], [2, 3], [], []]
    assert [result.candidate for result in state.answered] == [2, 3, 1, 0]


def test_states_are_kept_of_those_that_may_be_trained_again_as_copies() -> None:
    wave = np.stack([MadeUpTrainer.state(candidate, 4) for candidate in range(2)])
    for total, kept in ((4, set()), (6, {0})):
        batch, state = batch_of([10, 20], total), state_before(2)
        state = batch.add(state, batch.record(completed(0)), wave[0])
        state = batch.add(state, batch.record(Outcome(1, "diverged", 1.0)), None)
        assert set(state.living) == kept
        assert all(vector.base is None for vector in state.living.values())
        assert [result.accuracy for result in state.answered] == [0.5, None]


def test_failures_in_a_row_are_those_of_the_longest_row() -> None:
    batch = batch_of([1])
    good, bad = batch.record(completed(0)), batch.record(Outcome(0, "failed", 1.0))
    cases: list[tuple[list[StageRecord], int]] = [
        ([], 0),
        ([bad], 1),
        ([good, bad, bad], 2),
        ([bad, bad, good], 2),
        ([bad, good, bad, bad, bad, good, bad], 3),
        ([good], 0),
        ([bad, bad], 2),
    ]
    for stages, expected in cases:
        assert failures_in_a_row(stages) == expected
