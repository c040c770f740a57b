"""Lines on screen while an analysis resamples: none for a short one."""

from __future__ import annotations

import time
from collections.abc import Callable

from econas_jax.experiment.console import Reporter

SECONDS = 2.0  # between two lines


class ResampleLines:
    """A progress callback of `analyse` that says how far the resamples are, at most every few seconds."""

    def __init__(self, reporter: Reporter, clock: Callable[[], float] = time.monotonic) -> None:
        self._reporter, self._clock = reporter, clock
        self._said = clock()

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if now - self._said >= SECONDS:
            self._said = now
            self._reporter.say(f"analysis: {done:,} of {total:,} resamples")
