"""Batches in order, made ahead of their use: grain's random access data set, read by its threads.

Which batch is which is a function of its number alone, so the pipeline has no state: to go on is to begin at a number.
grain's threads ask and wait; the work is done by the processes of a pool, or in the thread where there are none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from econas_jax.errors import InputError

Batch = TypeVar("Batch")

AHEAD = 2  # batches that are ready or begun beyond those that the processes are making
ENDLESS = 2**48  # batches; grain's data sets have a length


@contextlib.contextmanager
def read_ahead(make: Callable[[int], Batch], first: int, last: int, workers: int) -> Iterator[Iterator[Batch]]:
    """Gives an iterator over make(first), ..., make(last - 1), in order; `make` is called in several threads.

    workers: how many batches are made at a time; an exception of `make` is raised in its batch's place. What was begun
    and is no longer wanted is given up when the context is left.

    Raises:
        InputError: grain is not installed.
    """
    grain = imported_grain()
    options = grain.ReadOptions(num_threads=max(1, workers), prefetch_buffer_size=max(1, workers) + AHEAD)
    batches = iter(grain.MapDataset.source(_Numbers(first, last)).map(make).to_iter_dataset(options))
    try:
        yield batches
    finally:
        batches.close()


class _Numbers:
    """The numbers of batches, as grain's random access source."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = first, last

    def __len__(self) -> int:
        return self._last - self._first

    def __getitem__(self, place: int) -> int:
        return self._first + place


def imported_grain() -> Any:
    """Returns the module grain; raises InputError where it is not installed."""
    try:
        import grain
    except ImportError as error:
        allowed = f'grain, which is not installed ({error}): pip install "econas_jax[imagenet]"'
        raise InputError("what streams images", None, allowed) from error
    return grain
