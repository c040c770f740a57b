"""Commits with Orbax: everything a search needs comes back, bit for bit."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sample_records import CYCLE, DIVERGED, STAGE
from toy_search import LARGE, SMALL, made_up, run

from econas_jax.algorithms import EcoNAS, EcoNASState, Result
from econas_jax.errors import InputError
from econas_jax.experiment.checkpoint import KEPT_STEPS, Checkpoints
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


# What a dead process or a bad disk leaves.


def numbered(number: int) -> SearchState:
    """A state that differs from others in its JSON and in its vectors."""
    state = full_state()
    living = {candidate: vector + np.float32(number) for candidate, vector in state.living.items()}
    return dataclasses.replace(state, seconds=float(number), living=living)


def saved(folder: Path, numbers: int = 2) -> Path:
    """A folder with so many commits."""
    with Checkpoints(folder) as checkpoints:
        for number in range(numbers):
            checkpoints.save(numbered(number))
    return folder


def restored(folder: Path) -> tuple[SearchState | None, list[str]]:
    """The state that a new process finds, and what it says."""
    said: list[str] = []
    with Checkpoints(folder, said.append) as checkpoints:
        return checkpoints.restore(SIZE), said


def test_what_a_killed_save_leaves_is_removed_and_told_in_one_line(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    shutil.copytree(folder / "1", folder / "2.orbax-checkpoint-tmp")
    (folder / "2.orbax-checkpoint-tmp" / "search" / "metadata").unlink()
    state, said = restored(folder)
    assert state is not None and state.seconds == 1.0
    assert said == ["removed what a killed save left: 2.orbax-checkpoint-tmp"]
    assert sorted(path.name for path in folder.iterdir()) == ["0", "1"]


def test_what_a_killed_deletion_leaves_is_removed(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints", numbers=4)
    (folder / "0" / "search").mkdir(parents=True)
    (folder / "1").mkdir()
    assert restored(folder)[1] == []
    assert sorted(path.name for path in folder.iterdir()) == ["2", "3"]


def test_a_changed_digit_that_orbax_does_not_notice_is_found(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    file = folder / "1" / "search" / "metadata"
    text = file.read_text()
    assert text.count('"seconds": 1.0') == 1
    file.write_text(text.replace('"seconds": 1.0', '"seconds": 7.0'))
    state, said = restored(folder)
    assert state is not None
    assert_same(state, numbered(0))
    assert said == ["commit 1 is damaged: moved to damaged/1-0, going on from 0"]
    assert (tmp_path / "damaged" / "1-0" / "search" / "metadata").exists()


def test_training_states_of_another_commit_are_found(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    shutil.rmtree(folder / "1" / "training")
    shutil.copytree(folder / "0" / "training", folder / "1" / "training")
    state, said = restored(folder)
    assert state is not None and len(said) == 1
    assert_same(state, numbered(0))


def test_a_damaged_commits_number_is_free_again(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    for number in (5, 6):
        (folder / "1" / "search" / "metadata").write_text("{")
        with Checkpoints(folder) as checkpoints:
            state = checkpoints.restore(SIZE)
            assert state is not None and state.seconds == 0.0
            checkpoints.save(numbered(number))
        state, _ = restored(folder)
        assert state is not None and state.seconds == number
    assert sorted(path.name for path in (tmp_path / "damaged").iterdir()) == ["1-0", "1-1"]


def test_where_every_commit_is_damaged_the_folder_is_refused_and_left(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    for step in ("0", "1"):
        (folder / step / "search" / "metadata").write_text("[]")
    with pytest.raises(InputError, match="^workdir = .*a commit that is whole; all are damaged"):
        restored(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["0", "1"]


@pytest.mark.parametrize("change", ["flip", "truncate", "remove"])
def test_damage_to_any_file_of_the_newest_commit_gives_a_whole_commit(change: str, tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole")
    files = [path.relative_to(whole) for path in sorted((whole / "1").rglob("*")) if path.is_file()]
    assert len(files) > 5
    for number, file in enumerate(files):
        folder = tmp_path / str(number) / "checkpoints"
        shutil.copytree(whole, folder)
        damage(folder / file, change, place=0.37)
        state, _ = restored(folder)
        assert state is not None
        assert_same(state, numbered(int(state.seconds)))


def damage(file: Path, change: str, place: float) -> None:
    """Flips a bit or cuts the file at a place, a fraction of its length, or removes it."""
    content = bytearray(file.read_bytes())
    at = int(place * len(content))
    if change == "remove":
        file.unlink()
    elif change == "truncate":
        file.write_bytes(content[:at])
    elif content:
        content[at] ^= 1 << (at % 8)
        file.write_bytes(content)


def test_training_states_of_another_length_are_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    with Checkpoints(folder) as checkpoints, pytest.raises(InputError, match="training states = 7: expected 8 values"):
        checkpoints.restore(SIZE + 1)


def test_room_is_asked_for_before_anything_is_written(tmp_path: Path) -> None:
    def refuse(size: int) -> None:
        assert size > sum(vector.nbytes for vector in full_state().living.values())
        raise MemoryError

    saved(tmp_path)
    with Checkpoints(tmp_path, make_room=refuse) as checkpoints, pytest.raises(MemoryError):
        checkpoints.save(numbered(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]
