"""Commits with Orbax: everything that is kept comes back, bit for bit."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from commit_samples import assert_same, commit, saved, without_arrays

from econas_jax.errors import InputError
from econas_jax.experiment.checkpoint import KEPT_STEPS, Checkpoints


def test_a_commit_comes_back_to_another_process_as_it_was(tmp_path: Path) -> None:
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(*commit())
    with Checkpoints(tmp_path) as checkpoints:
        assert_same(checkpoints.restore(), commit())


def test_without_a_commit_there_is_nothing(tmp_path: Path) -> None:
    with Checkpoints(tmp_path / "new") as checkpoints:
        assert checkpoints.restore() is None


def test_a_commit_without_arrays_is_kept_too(tmp_path: Path) -> None:
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(*commit())
        checkpoints.save(*without_arrays())
        assert_same(checkpoints.restore(), without_arrays())


def test_arrays_of_several_names_shapes_and_types_are_kept(tmp_path: Path) -> None:
    arrays: dict[str, npt.NDArray[Any]] = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not in C's order
        "counts": np.array([1, -(2**40)], np.int64),
        "flags": np.array([True, False, True]),
        "half": np.array([0.5, 1e-8], np.float16),
    }
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save({}, arrays)
    with Checkpoints(tmp_path) as checkpoints:
        assert_same(checkpoints.restore(), ({}, arrays))


def test_the_newest_commit_counts_and_old_ones_are_dropped(tmp_path: Path) -> None:
    with Checkpoints(tmp_path) as checkpoints:
        for number in range(KEPT_STEPS + 2):
            checkpoints.save(*commit(number))
    assert KEPT_STEPS == 2
    with Checkpoints(tmp_path) as checkpoints:  # the numbers go on in another process
        checkpoints.save(*commit(KEPT_STEPS + 2))
        assert_same(checkpoints.restore(), commit(KEPT_STEPS + 2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["commit_3", "commit_4"]


def test_a_relative_folder_is_one_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Checkpoints(Path("here")) as checkpoints:
        checkpoints.save(*commit())
    assert (tmp_path / "here" / "commit_0").is_dir()


# What a dead process or a bad disk leaves.


def restored(folder: Path) -> tuple[Any, list[str]]:
    """The commit that a new process finds, and what it says."""
    said: list[str] = []
    with Checkpoints(folder, said.append) as checkpoints:
        return checkpoints.restore(), said


def test_what_a_killed_save_leaves_is_removed_and_told_in_one_line(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    shutil.copytree(folder / "commit_1", folder / "commit_2.orbax-checkpoint-tmp")
    (folder / "commit_2.orbax-checkpoint-tmp" / "search" / "metadata").unlink()
    found, said = restored(folder)
    assert_same(found, commit(1))
    assert said == ["removed what a killed save left: commit_2.orbax-checkpoint-tmp"]
    assert sorted(path.name for path in folder.iterdir()) == ["commit_0", "commit_1"]


def test_what_a_killed_deletion_leaves_is_removed(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints", numbers=4)
    (folder / "commit_0" / "search").mkdir(parents=True)
    (folder / "commit_1").mkdir()
    assert restored(folder)[1] == []
    assert sorted(path.name for path in folder.iterdir()) == ["commit_2", "commit_3"]


def test_a_changed_digit_that_orbax_does_not_notice_is_found(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    file = folder / "commit_1" / "search" / "metadata"
    text = file.read_text()
    assert text.count('"round": 1') == 1
    file.write_text(text.replace('"round": 1', '"round": 7'))
    found, said = restored(folder)
    assert_same(found, commit(0))
    assert said == ["commit 1 is damaged: moved to damaged/1-0, going on from 0"]
    assert (tmp_path / "damaged" / "1-0" / "search" / "metadata").exists()


def test_arrays_of_another_commit_are_found(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    shutil.rmtree(folder / "commit_1" / "training")
    shutil.copytree(folder / "commit_0" / "training", folder / "commit_1" / "training")
    found, said = restored(folder)
    assert_same(found, commit(0))
    assert len(said) == 1


def test_a_damaged_commits_number_is_free_again(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    for number in (5, 6):
        (folder / "commit_1" / "search" / "metadata").write_text("{")
        with Checkpoints(folder) as checkpoints:
            assert_same(checkpoints.restore(), commit(0))
            checkpoints.save(*commit(number))
        assert_same(restored(folder)[0], commit(number))
    assert sorted(path.name for path in (tmp_path / "damaged").iterdir()) == ["1-0", "1-1"]


def test_where_every_commit_is_damaged_the_folder_is_refused_and_left(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    for step in ("commit_0", "commit_1"):
        (folder / step / "search" / "metadata").write_text("[]")
    with pytest.raises(InputError, match="^workdir = .*a commit that is whole; all are damaged"):
        restored(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["commit_0", "commit_1"]


@pytest.mark.parametrize("change", ["flip", "truncate", "remove"])
def test_damage_to_any_file_of_the_newest_commit_gives_a_whole_commit(change: str, tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole")
    files = [path.relative_to(whole) for path in sorted((whole / "commit_1").rglob("*")) if path.is_file()]
    assert len(files) > 5
    for number, file in enumerate(files):
        folder = tmp_path / str(number) / "checkpoints"
        shutil.copytree(whole, folder)
        damage(folder / file, change, place=0.37)
        found, _ = restored(folder)
        assert_same(found, commit(found[0]["round"]))


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


def test_room_is_asked_for_before_anything_is_written(tmp_path: Path) -> None:
    def refuse(size: int) -> None:
        assert size > sum(array.nbytes for array in commit()[1].values())
        raise MemoryError

    saved(tmp_path)
    with Checkpoints(tmp_path, make_room=refuse) as checkpoints, pytest.raises(MemoryError):
        checkpoints.save(*commit(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["commit_0", "commit_1"]


# Folders that have other names.


def test_commits_of_the_first_version_are_renamed_and_counted_on(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    for number in range(2):
        (folder / f"commit_{number}").rename(folder / str(number))
    with Checkpoints(folder) as checkpoints:
        assert_same(checkpoints.restore(), commit(1))
        checkpoints.save(*commit(2))
    assert sorted(path.name for path in folder.iterdir()) == ["commit_1", "commit_2"]


def test_copies_that_somebody_made_are_no_commits_and_are_left(tmp_path: Path) -> None:
    folder = saved(tmp_path / "checkpoints")
    for name in ("7", "commit_01", "copy of commit_1", "1.orbax-checkpoint-tmp"):
        shutil.copytree(folder / "commit_0", folder / name)
    (folder / "commit_9").write_text("a note")
    before = {path.name for path in folder.iterdir()}
    found, said = restored(folder)
    assert_same(found, commit(1))
    assert said == [] and {path.name for path in folder.iterdir()} == before
