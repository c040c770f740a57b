"""One search at a time in a workdir: the lock, who holds it, and what becomes of it when its process dies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from econas_jax.errors import InputError
from econas_jax.experiment import lock

REPOSITORY = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from econas_jax.experiment import lock
with lock.locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until it is killed."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_the_lock_of_another_process_is_refused_by_name_and_dies_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    with start_holder(tmp_path) as process:
        assert lock.is_held(tmp_path)
        told = rf"^workdir = .*nothing runs \(process {process.pid} on .* is at it\)$"
        with pytest.raises(InputError, match=told), lock.locked(tmp_path):
            raise AssertionError("both have it")
        process.kill()
    assert not lock.is_held(tmp_path)
    with lock.locked(tmp_path):
        assert lock.is_held(tmp_path)
    assert not lock.is_held(tmp_path)


def test_looking_at_the_lock_changes_nothing(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with lock.locked(tmp_path):
        pass
    before = (tmp_path / lock.FILE).stat()
    assert not lock.is_held(tmp_path)
    assert (tmp_path / lock.FILE).stat().st_mtime_ns == before.st_mtime_ns


def test_it_is_given_back_whatever_happens_inside(tmp_path: Path) -> None:
    with pytest.raises(KeyError), lock.locked(tmp_path):
        raise KeyError
    assert not lock.is_held(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="^workdir = .*a folder that can be written"), lock.locked(tmp_path / "no"):
        pass


def test_a_file_system_without_locks_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with lock.locked(tmp_path):
        pass
