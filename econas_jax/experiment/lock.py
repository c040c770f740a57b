"""One search or study at a time in a workdir: a lock that drops when its process dies, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from econas_jax.errors import InputError
from econas_jax.experiment.disk import refused_if_unwritable

FILE = ".lock"
PATIENCE = 1.0  # seconds: `is_held` takes the lock for a moment, which must not turn a search away


@contextlib.contextmanager
def locked(workdir: Path) -> Iterator[None]:
    """Holds the workdir's lock; raises InputError, naming the other process, if another one holds it.

    The file tells who holds the lock and is never removed: only the lock on it counts. A file system without locks
    (some network ones) is taken as it is.
    """
    with refused_if_unwritable(workdir):
        descriptor = os.open(workdir / FILE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _acquired(descriptor):
            holder = os.read(descriptor, 200).decode(errors="replace") or "another process"
            raise InputError("workdir", str(workdir), f"a folder in which no search or study runs ({holder} is at it)")
        with contextlib.suppress(OSError):  # a full disk: what is told of the holder is a courtesy
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        os.close(descriptor)


def is_held(workdir: Path) -> bool:
    """Whether a search or study runs in the workdir; changes nothing in it."""
    try:
        with (workdir / FILE).open("rb") as file:
            return not _tried(file.fileno(), fcntl.LOCK_SH)
    except OSError:
        return False


def _acquired(descriptor: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not _tried(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(PATIENCE / 20)
    return True


def _tried(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks on this file system
        return True
    return True
