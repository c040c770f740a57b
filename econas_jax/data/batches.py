"""Images in batches: what training one network needs of a data set, whether it fits in memory or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from econas_jax.data.dataset import ChannelValues, Dataset, Split
from econas_jax.data.fingerprint import fingerprints


class TrainingBatches(Protocol):
    """The training images in batches, every epoch in another order."""

    @property
    def steps(self) -> int:
        """Batches of an epoch."""

    def epoch(self, number: int, first_step: int = 0) -> Iterator[Split]:
        """Yields the batches of an epoch from a step on.

        A batch depends on the seed, the epoch and the step alone: not on where the iteration began, and not on how many
        workers read images.

        Raises:
            InputError: an image that cannot be read, by name.
            SearchError: images can no longer be read for another reason.
        """

    def close(self) -> None:
        """Gives up what was read ahead; another epoch may still be asked for."""


class ImageSource(Protocol):
    """The images that one network is trained and tested on."""

    name: str
    classes: tuple[str, ...]
    crop: float  # of a test image's shorter side, the share that its central square keeps
    image_size: int  # pixels a side of the images in its batches

    @property
    def mean(self) -> ChannelValues:
        """The mean of each channel, of images scaled to [0, 1]."""

    @property
    def std(self) -> ChannelValues:
        """The standard deviation of each channel, likewise."""

    def count(self, split: str) -> int:
        """Returns the number of images of `train`, `validation` or `test`."""

    def training(self, batch_size: int, seed: int, *, short_batch: bool) -> TrainingBatches:
        """Returns the training batches; short_batch: whether an epoch ends with the images that do not fill one."""

    def evaluation(self, split: str, batch_size: int) -> Iterator[Split]:
        """Yields all images of `validation` or `test` in a fixed order; the last batch may be smaller."""

    def identity(self) -> dict[str, Any]:
        """Returns what tells these images from others, in JSON's types."""

    def check(self) -> None:
        """Makes sure that all images to validate and test by can be read; raises InputError, naming one, if not."""

    def close(self) -> None:
        """Gives back what reading takes; images may still be asked for."""


class MemoryBatches:
    """Batches of a split that is in memory."""

    def __init__(self, split: Split, batch_size: int, seed: int, *, short_batch: bool) -> None:
        self._split, self._batch_size, self._seed = split, batch_size, seed
        whole, rest = divmod(len(split), batch_size)
        self._steps = whole + (short_batch and rest > 0)

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return self._steps

    def epoch(self, number: int, first_step: int = 0) -> Iterator[Split]:
        """Yields the batches of an epoch from a step on; see `TrainingBatches`."""
        order = np.random.default_rng((self._seed, number)).permutation(len(self._split))
        for step in range(first_step, self._steps):
            yield self._split.take(order[step * self._batch_size : (step + 1) * self._batch_size])

    def close(self) -> None:
        """Does nothing: nothing is read ahead."""


class MemorySource:
    """A data set in memory as an `ImageSource`."""

    crop = 1.0

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.name, self.mean, self.std, self.classes = dataset.name, dataset.mean, dataset.std, dataset.classes
        self.image_size = dataset.image_size

    def count(self, split: str) -> int:
        """Returns the number of images of a split."""
        return len(self.dataset.splits[split])

    def training(self, batch_size: int, seed: int, *, short_batch: bool) -> MemoryBatches:
        """Returns the training batches; short_batch: whether an epoch ends with the images that do not fill one."""
        return MemoryBatches(self.dataset.train, batch_size, seed, short_batch=short_batch)

    def evaluation(self, split: str, batch_size: int) -> Iterator[Split]:
        """Yields all images of a split in order; the last batch may be smaller."""
        images = self.dataset.splits[split]
        for first in range(0, len(images), batch_size):
            yield images.take(np.arange(first, min(first + batch_size, len(images))))

    def identity(self) -> dict[str, Any]:
        """Returns the fingerprint of each split."""
        return dict(fingerprints(self.dataset))

    def check(self) -> None:
        """Does nothing: all images have been read."""

    def close(self) -> None:
        """Does nothing."""
