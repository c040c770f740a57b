"""An end for a test that waits for ever, which would keep all others from being run."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

LONGEST = 400  # seconds for a test, or for a cluster to start: several times as long as on a busy machine


@contextlib.contextmanager
def deadline() -> Iterator[None]:
    """Raises TimeoutError in what runs for too long; Ray's own waits let it through."""

    def end(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not over after {LONGEST} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
