"""The training batches of a stream: every epoch another order, and any step of any epoch at once."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import numpy as np

from econas_jax.data.dataset import Split
from econas_jax.data.stream.part import Part
from econas_jax.data.stream.pipeline import ENDLESS, read_ahead
from econas_jax.data.stream.pool import ReaderPool
from econas_jax.data.stream.reader import Request
from econas_jax.data.stream.records import Numbers


class StreamBatches:
    """Training batches; see `data.batches.TrainingBatches`.

    The order of an epoch is a permutation drawn by (seed, epoch), and what becomes of an image depends on (seed, epoch,
    image). Reading goes on into the next epoch while this one's results are looked at.
    """

    def __init__(
        self,
        part: Part,
        pool: ReaderPool,
        batch_size: int,
        seed: int,
        *,
        short_batch: bool,
        central: bool = False,
    ) -> None:
        """Reads nothing yet. central: images are seen as in an evaluation, though in random order."""
        self._part, self._pool, self._batch_size, self._seed = part, pool, batch_size, seed
        self._crop_seed = None if central else seed
        whole, rest = divmod(len(part.numbers), batch_size)
        self._steps = whole + (short_batch and rest > 0)
        self._order = functools.lru_cache(maxsize=2)(self._permutation)  # two: reading is ahead by an epoch at most
        self._reading = contextlib.ExitStack()
        self._batches: Iterator[Split] = iter(())
        self._next = -1  # the number of the batch that the iterator yields next, counted over all epochs

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return self._steps

    def epoch(self, number: int, first_step: int = 0) -> Iterator[Split]:
        """Yields the batches of an epoch from a step on; see `TrainingBatches`.

        Raises:
            InputError: an image that cannot be read, by name, when its batch's turn comes.
            SearchError: a reading process died.
        """
        for batch in range(number * self._steps + first_step, (number + 1) * self._steps):
            if batch != self._next:
                self._begin(batch)
            self._next = -1  # if the next line raises, the iterator is of no use any more
            split = next(self._batches)
            self._next = batch + 1
            yield split

    def close(self) -> None:
        """Gives up what was read ahead."""
        self._next = -1
        self._reading.close()

    def _begin(self, batch: int) -> None:
        self._reading.close()
        reading = read_ahead(self._made, batch, batch + ENDLESS, self._pool.workers)
        self._batches = self._reading.enter_context(reading)

    def _made(self, batch: int) -> Split:
        epoch, step = divmod(batch, self._steps)
        numbers = self._order(epoch)[step * self._batch_size : (step + 1) * self._batch_size]
        return Split(*self._pool.read(Request(self._part.records, numbers, self._crop_seed, epoch)))

    def _permutation(self, epoch: int) -> Numbers:
        numbers = self._part.numbers
        return numbers[np.random.default_rng((self._seed, epoch)).permutation(len(numbers))]
