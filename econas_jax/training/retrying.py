"""Trains a wave so that a candidate that fails costs the search this candidate and nothing else.

What is decided of a candidate never depends on the wave it was in: where a wave of several fails, each of its
candidates is trained alone, which gives the same bits, and only what fails alone has failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from econas_jax.training.job import Event, Job, failure

TrainWave = Callable[[list[Job]], Iterator[Event]]  # yields outcomes only once the whole wave is trained


def train_with_retries(train_wave: TrainWave, wave: list[Job], retries: int) -> Iterator[Event]:
    """Yields the events of a wave, and failures for jobs that raised an exception alone and at every retry.

    retries: how often a job that failed alone is tried again. A candidate that diverges is not: it would again.
    """
    start = time.perf_counter()
    try:
        yield from train_wave(wave)
        return
    except Exception as error:  # whatever a compiler, a device or a network may raise
        failed = failure(wave[0], error, time.perf_counter() - start)
    # Outside the handler: until it is left, the exception's frames keep the failed wave's arrays in memory.
    if len(wave) > 1:
        for job in wave:
            yield from train_with_retries(train_wave, [job], retries)
    elif retries:
        yield from train_with_retries(train_wave, wave, retries - 1)
    else:
        yield failed
