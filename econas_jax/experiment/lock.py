"""One search or study at a time in a workdir: a lock that drops when its process dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import lock_descriptor

from econas_jax.errors import InputError
from econas_jax.experiment.disk import refused_if_unwritable

FILE = ".lock"
PATIENCE = 1.0  # seconds: `is_held` takes the lock for a moment, which must not turn a search away
GLANCES = 3  # of `is_held`: another glance may hold the lock for a moment, a search holds it for all of them


@contextlib.contextmanager
def locked(workdir: Path) -> Iterator[None]:
    """Holds the workdir's lock; raises InputError, naming the other process, if another one holds it.

    The file tells who holds the lock. It stays, for only the lock on it counts, unless its holder removes it because
    the folder was refused. A file system without locks (some network ones) is taken as it is.
    """
    descriptor = _acquired_file(workdir)
    try:
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def is_held(workdir: Path) -> bool:
    """Says whether a search or study runs in the workdir; changes nothing in it."""
    for glance in range(GLANCES):
        if glance:
            time.sleep(PATIENCE / 50)
        if not _taken(workdir / FILE):
            return False
    return True


def _taken(file: Path) -> bool:
    """Says whether another process holds the lock right now."""
    try:
        descriptor = os.open(file, os.O_RDWR)  # network file systems lock nothing that is open for reading only
    except OSError:
        try:
            descriptor = os.open(file, os.O_RDONLY)  # somebody else's folder
        except OSError:
            return False
    try:
        return not _tried(descriptor)
    finally:
        os.close(descriptor)


def _acquired_file(workdir: Path) -> int:
    """Returns a descriptor of the lock's file, with the lock on it."""
    while True:
        with refused_if_unwritable(workdir):
            descriptor = os.open(workdir / FILE, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _acquired(descriptor):
                allowed = f"a folder in which nothing runs ({_holder(descriptor)} is at it)"
                raise InputError("workdir", str(workdir), allowed)
            # The holder before may have removed the file: then this lock is on nothing that others can see.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(workdir / FILE)):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _acquired(descriptor: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not _tried(descriptor):
        if time.monotonic() > deadline:
            return False
        time.sleep(PATIENCE / 20)
    return True


def _tried(descriptor: int) -> bool:
    try:
        return lock_descriptor(descriptor, blocking=False)
    except OSError:  # no locks on this file system
        return True


def _sign(descriptor: int) -> None:
    """Writes who holds the lock. Byte 0 stays blank: Windows locks it, so that nobody else could read it."""
    with contextlib.suppress(OSError):  # a full disk: what is told of the holder is a courtesy
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f" process {os.getpid()} on {socket.gethostname()}".encode())


def _holder(descriptor: int) -> str:
    name = b""
    with contextlib.suppress(OSError):
        os.lseek(descriptor, 1, os.SEEK_SET)
        name = os.read(descriptor, 200)
    return name.decode(errors="replace") or "another process"
