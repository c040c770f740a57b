"""The images of a search inside a supernet where they do not fit in memory: read while the network trains."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

from econas_jax.data import Split
from econas_jax.data.stream.batches import StreamBatches
from econas_jax.data.stream.source import StreamSource
from econas_jax.data.subset import subset_places
from econas_jax.supernet.course import Course
from econas_jax.supernet.images import StepImages, calibration_order, read_steps, two_parts


class StreamImages:
    """See `SearchImages`. Images for the architecture are seen as in an evaluation: their centres, not flipped."""

    def __init__(self, source: StreamSource, sample_ratio: float, share: float, seed: int) -> None:
        """Splits the proxy's images at random, and reads none of them."""
        whole = source.part("train")
        chosen = subset_places(len(whole.numbers), sample_ratio, seed)
        numbers = whole.numbers if chosen is None else whole.numbers[chosen]
        weights, architecture = two_parts(len(numbers), share, seed)
        self._weights = dataclasses.replace(whole, numbers=numbers[weights])
        self._architecture = dataclasses.replace(whole, numbers=numbers[architecture])
        self._source, self._seed, self.size = source, seed, source.image_size

    @property
    def counts(self) -> tuple[int, int]:
        """The numbers of images for the weights and for the architecture."""
        return len(self._weights.numbers), len(self._architecture.numbers)

    def epoch(self, course: Course, number: int, first_step: int = 0) -> Iterator[StepImages]:
        """Yields what the steps of an epoch read, from a step on.

        Raises InputError, naming it, for an image that cannot be read, and SearchError where a reading process died.
        """
        batches = self._training(course.batch_size, course.short_batch)
        return read_steps(
            course.epoch(number, first_step), lambda batch: next(batches.epoch(number, batch)), self._held_out
        )

    def to_judge(self, size: int, whole: bool) -> list[Split]:
        """Returns the images for the architecture in batches. whole: what does not fill one is left out."""
        batches = self._source.centres(self._architecture, size)
        return [batch for batch in batches if len(batch) == size or not whole]

    def to_calibrate(self, size: int, batches: int) -> list[Split]:
        """Returns random images for the weights, always the same, in so many batches; there must be as many."""
        chosen = calibration_order(self.counts[0], self._seed)[: size * batches]
        part = dataclasses.replace(self._weights, numbers=self._weights.numbers[chosen])
        return list(self._source.centres(part, size))

    def _held_out(self, phase: int, size: int, batch: int) -> Split:
        batches = self._passes(phase, size)
        return next(batches.epoch(*divmod(batch, batches.steps)))

    @functools.lru_cache  # noqa: B019 - a search has one such object
    def _training(self, size: int, short_batch: bool) -> StreamBatches:
        return self._source.batches(self._weights, size, self._seed, short_batch=short_batch, central=False)

    @functools.lru_cache  # noqa: B019 - a search has one such object
    def _passes(self, phase: int, size: int) -> StreamBatches:
        """Returns whole batches for the architecture of a phase, read ahead of the others."""
        return self._source.batches(self._architecture, size, self._seed, short_batch=False, central=True)
