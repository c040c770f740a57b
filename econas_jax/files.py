"""Files that are there as a whole or not at all, and on the disk before anything relies on them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

TEMPORARY = ".tmp"  # ends the names of files that are being written


@contextlib.contextmanager
def written_at_once(target: Path) -> Iterator[IO[bytes]]:
    """Opens a temporary file in the target's folder and renames it at the end: a reader sees the old file or the new.

    Makes the folder. After an error or an interrupt nothing is left of the new file. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # Of this writer alone: two processes may write the same target.
    temporary = target.with_name(f"{target.name}.{os.getpid()}.{threading.get_ident()}{TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:  # an interrupt, too: the file may be large
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def write_text(path: Path, text: str) -> None:
    """Replaces the file's text at once."""
    with written_at_once(path) as file:
        file.write(text.encode())
