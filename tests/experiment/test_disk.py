"""Full disks, budgets and folders that cannot be written: one line, and what was committed stays."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from commit_samples import assert_same, commit, saved

from econas_jax.errors import InputError, SearchError
from econas_jax.experiment import disk
from econas_jax.experiment.checkpoint import Checkpoints


def test_a_budget_counts_what_is_there_and_what_is_to_come(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(bytes(1000))
    (tmp_path / "file").write_bytes(bytes(24))
    assert disk.folder_size(tmp_path) == 1024
    budget = 2048 / disk.GIB
    disk.check_room(tmp_path, 1024, budget)
    disk.check_room(tmp_path, 10**6, None)
    with pytest.raises(
        SearchError, match=r"^the next commit needs .* more than disk_gib = .*: raise disk_gib to go on$"
    ):
        disk.check_room(tmp_path, 1025, budget)


def test_what_does_not_fit_on_the_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match=r"^the next commit needs .* GiB left; what was committed is intact"):
        disk.check_room(tmp_path, shutil.disk_usage(tmp_path).free * 2, None)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (ValueError("RESOURCE_EXHAUSTED: ... Failed to write: Disk quota exceeded"), "Disk quota exceeded"),
    ],
)
def test_a_disk_that_cannot_be_written_is_one_line(error: Exception, told: str) -> None:
    with (
        pytest.raises(
            SearchError, match=rf"^runs/x cannot be written \({told}\); what was committed is intact"
        ) as caught,
        disk.one_line_errors(Path("runs/x")),
    ):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [KeyError("x"), InputError("a", 1, "No space left on device"), OSError("no number")])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, disk.one_line_errors(Path("runs/x")):
        raise error
    assert caught.value is error


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount: Sequence[str] = ("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no mount command: {error}")
    if done.returncode != 0:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_leaves_the_earlier_commits(small_disk: Path) -> None:
    folder = saved(small_disk / "checkpoints")
    free = shutil.disk_usage(small_disk).free
    (small_disk / "somebody").write_bytes(bytes(free - 8192))
    full = pytest.raises(SearchError, match="No space left on device")
    with Checkpoints(folder) as checkpoints, full, disk.one_line_errors(small_disk):
        checkpoints.save(*commit(2))
    (small_disk / "somebody").unlink()
    with Checkpoints(folder) as checkpoints:
        assert_same(checkpoints.restore(), commit(1))
        checkpoints.save(*commit(3))


def test_room_on_a_small_disk_is_looked_at_before_a_commit(small_disk: Path) -> None:
    def make_room(size: int) -> None:
        disk.check_room(small_disk, size, None)

    folder = small_disk / "checkpoints"
    with Checkpoints(folder, make_room=make_room) as checkpoints:
        checkpoints.save(*commit(0))
        (small_disk / "somebody").write_bytes(bytes(shutil.disk_usage(small_disk).free - 8192))
        with pytest.raises(SearchError, match="GiB left"):
            checkpoints.save(*commit(1))
    assert [path.name for path in folder.iterdir()] == ["commit_0"]


def test_files_that_vanish_while_they_are_counted_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanished(path: Any) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    (tmp_path / "file").write_bytes(bytes(7))
    monkeypatch.setattr("os.lstat", vanished)
    assert disk.folder_size(tmp_path) == 0
