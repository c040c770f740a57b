"""Waves on the search network: results that depend on nothing else, exact continuation, no compilation."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
import tiny_search
from tiny_search import EPOCHS, genotypes, search_trainer
from waves import FIRST, assert_same, count_compilations, promoted, train

from econas_jax.experiment.checkpoint import Checkpoints
from econas_jax.training import EpochDone, Job, Outcome
from econas_jax.training.state import Vector


@pytest.fixture(autouse=True, scope="module")
def flags() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XLA_FLAGS", tiny_search.XLA_FLAGS)
        yield


@pytest.fixture(scope="module")
def four_at_a_time(flags: None) -> dict[int, Outcome]:
    """The outcomes of FIRST from one wave on four devices: what the others are compared with."""
    return train(search_trainer(4), FIRST)


def test_outcomes_are_those_of_real_training(four_at_a_time: dict[int, Outcome]) -> None:
    outcomes = list(four_at_a_time.values())
    assert [outcome.candidate for outcome in outcomes] == [0, 1, 2, 3]
    assert len({outcome.validation_loss for outcome in outcomes}) == 4
    for outcome in outcomes:
        assert outcome.status == "completed" and outcome.seconds > 0
        assert outcome.train_loss is not None and 0 < outcome.train_loss < 5
        assert outcome.validation_accuracy is not None
        assert (outcome.validation_accuracy * 30) == pytest.approx(round(outcome.validation_accuracy * 30), abs=1e-4)
        assert outcome.state is not None and outcome.state.shape == (search_trainer(4).state_size,)


def test_order_and_idle_slots_change_nothing(four_at_a_time: dict[int, Outcome]) -> None:
    trainer = search_trainer(4)
    assert_same(train(trainer, FIRST[::-1]), four_at_a_time)
    assert_same(train(trainer, FIRST[2:], FIRST[:1], FIRST[1:2]), four_at_a_time)


def test_a_wave_after_an_interrupted_one(four_at_a_time: dict[int, Outcome]) -> None:
    """An epoch's memory is handed on to the next; of one that is interrupted nothing is left to be handed on."""
    trainer = search_trainer(4)
    events = trainer.train(deque(FIRST))
    assert next(events) == EpochDone(FIRST[0].candidate, 0)
    events.close()
    assert_same(train(trainer, FIRST), four_at_a_time)


def test_one_device_changes_nothing_from_scratch_and_from_states(four_at_a_time: dict[int, Outcome]) -> None:
    trainer = search_trainer(1)
    waves = [[job] for job in FIRST]
    outcomes = train(trainer, *waves)
    assert_same(outcomes, four_at_a_time)
    second = train(search_trainer(4), promoted(FIRST, four_at_a_time))
    assert_same(train(trainer, *[promoted(wave, outcomes) for wave in waves]), second)


def test_stages_joined_by_vectors_or_by_commits_equal_one_straight_run(
    four_at_a_time: dict[int, Outcome], tmp_path: Path
) -> None:
    trainer = search_trainer(4)
    straight = train(trainer, [dataclasses.replace(job, end_epoch=3 * EPOCHS) for job in FIRST])
    jobs, outcomes = FIRST, four_at_a_time
    for _ in range(2):
        jobs = promoted(jobs, outcomes)
        outcomes = train(trainer, jobs)
    assert jobs[0].end_epoch == 3 * EPOCHS
    assert_same(outcomes, straight)

    jobs, outcomes = FIRST, four_at_a_time
    for stage in range(2):
        states = committed(tmp_path / str(stage), {number: outcome.state for number, outcome in outcomes.items()})
        jobs = [dataclasses.replace(job, state=states[job.candidate]) for job in promoted(jobs, outcomes)]
        outcomes = train(trainer, jobs)
    assert_same(outcomes, straight)


def committed(directory: Path, states: dict[int, Vector | None]) -> dict[int, Vector]:
    """Returns the states after a commit, read back by another reader."""
    present = {str(candidate): state for candidate, state in states.items() if state is not None}
    with Checkpoints(directory) as checkpoints:
        checkpoints.save({"candidates": list(present)}, present)
    with Checkpoints(directory) as checkpoints:
        restored = checkpoints.restore()
    assert restored is not None
    return {int(candidate): np.asarray(state) for candidate, state in restored[1].items()}


def test_a_jobs_state_is_left_as_it_was(four_at_a_time: dict[int, Outcome]) -> None:
    """The training epoch overwrites its argument's memory, which must not be the caller's."""
    jobs = promoted(FIRST, four_at_a_time)
    before = [np.array(job.state) for job in jobs]
    train(search_trainer(4), jobs)
    for job, copy in zip(jobs, before, strict=True):
        assert np.asarray(job.state).tobytes() == copy.tobytes()


def test_any_number_of_genotypes_on_all_rungs_compiles_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    trainer = search_trainer(4)
    with count_compilations(caplog) as compilations:
        for size, first in ((4, 0), (3, 4), (2, 7)):
            chosen = genotypes(9)[first : first + size]
            jobs = [Job(100 + first + place, genotype.encode(), 0, EPOCHS) for place, genotype in enumerate(chosen)]
            for _ in range(3):
                jobs = promoted(jobs, train(trainer, jobs))
        assert compilations() == 0
        jax.block_until_ready(jax.jit(lambda number: 3.25 * number)(1.5))
        assert compilations() == 1  # it would have been seen
