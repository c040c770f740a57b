"""Writes a file that is there as a whole or not at all, whoever else writes it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def written_at_once(target: Path) -> Iterator[IO[bytes]]:
    """A file of its own in the target's folder, renamed at the end: a reader sees the old one or the new one.

    Makes the folder. After an error or an interrupt nothing is left of the new file. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=target.stem, suffix=".tmp", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.close()
            temporary.replace(target)
        except BaseException:  # an interrupt, too: the file may be large
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
