"""Commits with Orbax: everything a search needs comes back, bit for bit."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from sample_records import CYCLE, DIVERGED, STAGE
from toy_search import LARGE, SMALL, made_up, run

from econas_jax.algorithms import EcoNAS, EcoNASState, Result
from econas_jax.search.checkpoint import KEPT_STEPS, Checkpoints
from econas_jax.search.state import SearchState, from_json, to_json

SIZE = 7  # values of a candidate's state


def algorithm_state() -> EcoNASState:
    """In the middle of a toy search, with pending trials and members of all populations."""
    states = [asked for asked, _, _ in run(EcoNAS(LARGE, SMALL, seed=0), made_up)]
    return next(state for state in states if state.pending and all(state.populations))


def full_state() -> SearchState:
    vectors = np.random.default_rng(0).normal(size=(3, SIZE)).astype(np.float32)
    vectors[1, :3] = [np.nan, -0.0, 1e-45]
    return SearchState(
        algorithm=algorithm_state(),
        answered=(Result(3, 0.1 + 0.2), Result(5, None)),
        stages=(STAGE, DIVERGED),
        cycles=(CYCLE,),
        seconds=12.345678901234567,
        living={11: vectors[0], 2: vectors[1], 7: vectors[2]},
    )


def assert_same(ours: SearchState, others: SearchState) -> None:
    assert dataclasses.replace(ours, living={}) == dataclasses.replace(others, living={})
    assert list(ours.living) == list(others.living)
    for candidate, vector in ours.living.items():
        other = np.asarray(others.living[candidate])
        assert other.dtype == np.float32 and other.tobytes() == np.asarray(vector).tobytes()


def test_a_commit_comes_back_to_another_process_as_it_was(tmp_path: Path) -> None:
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(full_state())
    with Checkpoints(tmp_path) as checkpoints:
        restored = checkpoints.restore(SIZE)
    assert restored is not None
    assert_same(full_state(), restored)


def test_without_a_commit_there_is_nothing(tmp_path: Path) -> None:
    with Checkpoints(tmp_path / "new") as checkpoints:
        assert checkpoints.restore(SIZE) is None


def test_a_state_without_living_candidates_is_kept_too(tmp_path: Path) -> None:
    state = dataclasses.replace(full_state(), living={})
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(full_state())
        checkpoints.save(state)
        restored = checkpoints.restore(SIZE)
    assert restored is not None
    assert_same(state, restored)


def test_the_newest_commit_counts_and_old_ones_are_dropped(tmp_path: Path) -> None:
    states = [dataclasses.replace(full_state(), seconds=float(number)) for number in range(KEPT_STEPS + 3)]
    with Checkpoints(tmp_path) as checkpoints:
        for state in states[:-1]:
            checkpoints.save(state)
    with Checkpoints(tmp_path) as checkpoints:  # the numbers go on in another process
        checkpoints.save(states[-1])
        restored = checkpoints.restore(SIZE)
    assert restored is not None and restored.seconds == states[-1].seconds
    steps = sorted(int(path.name) for path in tmp_path.iterdir())
    assert steps == [KEPT_STEPS + 1, KEPT_STEPS + 2]


def test_a_relative_folder_is_one_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Checkpoints(Path("here")) as checkpoints:
        checkpoints.save(full_state())
    assert (tmp_path / "here" / "0").is_dir()


def test_the_json_side_needs_no_array() -> None:
    state = full_state()
    fields = json.loads(json.dumps(to_json(state), allow_nan=False))
    assert fields["living"] == [11, 2, 7]
    assert_same(from_json(fields, state.living), state)


def test_living_states_are_those_that_may_be_trained_again() -> None:
    algorithm = algorithm_state()
    first, second, third = algorithm.populations
    vectors = {candidate: np.full(SIZE, candidate, np.float32) for candidate in range(100)}
    state = SearchState(dataclasses.replace(algorithm, pending=()), living=vectors).with_living_only()
    assert set(state.living) == {member.candidate for member in first + second}
    assert third and not {member.candidate for member in third} & set(state.living)
    assert all(vector[0] == candidate for candidate, vector in state.living.items())


def test_pending_candidates_keep_their_states_while_a_stage_is_left_after_this_one() -> None:
    algorithm = algorithm_state()
    trial = dataclasses.replace(algorithm.pending[0], candidate=50, rung=2)
    last = dataclasses.replace(trial, candidate=51, rung=3)
    algorithm = dataclasses.replace(algorithm, populations=((), (), ()), pending=(trial, last))
    vectors = {candidate: np.zeros(SIZE, np.float32) for candidate in (50, 51, 52)}
    assert set(SearchState(algorithm, living=vectors).with_living_only().living) == {50}
