"""A bounded place on disk: room is made sure of before a commit is written, and a full disk is one clear line."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from econas_jax.errors import InputError, SearchError

GIB = 2**30
# In the texts of what Orbax and tensorstore raise where they wrap an error of the operating system.
CAUSES = ("No space left on device", "Disk quota exceeded", "Permission denied", "Read-only file system")


def check_room(workdir: Path, size: int, budget: float | None) -> None:
    """Raises SearchError if `size` more bytes would pass the budget (GiB, None: none) or do not fit on the disk."""
    if budget is not None and (used := folder_size(workdir)) + size > budget * GIB:
        raise SearchError(
            f"the next commit needs {size / GIB:.3f} GiB beside {used / GIB:.3f} GiB in {workdir}, more than "
            f"disk_gib = {budget:g}; what was committed is intact: raise disk_gib to go on"
        )
    free = shutil.disk_usage(workdir).free
    if size > free:
        raise SearchError(
            f"the next commit needs {size / GIB:.3f} GiB and {workdir} has {free / GIB:.3f} GiB left; what was "
            "committed is intact: the same command goes on once there is room"
        )


def folder_size(folder: Path) -> int:
    """Bytes of all files below; those that vanish meanwhile do not count."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


@contextlib.contextmanager
def refused_if_unwritable(workdir: Path) -> Iterator[None]:
    """Turns what a folder that cannot be written raises before any work into an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError("workdir", str(workdir), f"a folder that can be written ({error.strerror})") from None


@contextlib.contextmanager
def one_line_errors(workdir: Path) -> Iterator[None]:
    """Turns what a full or unwritable disk raises into a SearchError."""
    try:
        yield
    except (InputError, SearchError):
        raise
    except Exception as error:
        reason = _cause(error)
        if reason is None:
            raise
        raise SearchError(
            f"{workdir} cannot be written ({reason}); what was committed is intact: the same command goes on from there"
        ) from error


def _cause(error: Exception) -> str | None:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return next((cause for cause in CAUSES if cause in str(error)), None)
