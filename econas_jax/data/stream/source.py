"""Streamed images as an `ImageSource`: what a network is trained and tested on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from econas_jax.data.dataset import ChannelValues, Split
from econas_jax.data.origin import Origin
from econas_jax.data.report import SplitReport, split_report
from econas_jax.data.stream.batches import StreamBatches
from econas_jax.data.stream.normalization import IMAGENET_MEAN, IMAGENET_STD, is_imagenet, measured, sample
from econas_jax.data.stream.part import Part
from econas_jax.data.stream.pipeline import read_ahead
from econas_jax.data.stream.pool import ReaderPool
from econas_jax.data.stream.reader import Reader, Request
from econas_jax.data.stream.records import Numbers

STATISTICS_BATCH = 100  # images


class StreamSource:
    """Images that are read while a network trains; see `data.batches.ImageSource`.

    Its processes start with the first batch. `close` ends them; so does the end of the program, however it comes.
    """

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        reader: Reader,
        parts: Mapping[str, Part],
        origins: Mapping[str, Origin],
        workers: int,
    ) -> None:
        """Arguments: the images of train, and where there are such of validation and test; processes that read."""
        self.name, self.classes, self.crop, self.image_size = name, classes, reader.share, reader.resolution
        self._reader, self._parts, self._origins = reader, parts, origins
        self._pool = ReaderPool(reader, workers)

    @property
    def mean(self) -> ChannelValues:
        """The mean of each channel, of images scaled to [0, 1]: ImageNet's published one, or a sample's."""
        return self._normalization[0]

    @property
    def std(self) -> ChannelValues:
        """The standard deviation of each channel, likewise."""
        return self._normalization[1]

    def count(self, split: str) -> int:
        """Returns the number of images of a split; 0 where there is no such split."""
        return len(self._parts[split].numbers) if split in self._parts else 0

    def training(self, batch_size: int, seed: int, *, short_batch: bool) -> StreamBatches:
        """Returns the training batches; short_batch: whether an epoch ends with the images that do not fill one."""
        return StreamBatches(self._parts["train"], self._pool, batch_size, seed, short_batch=short_batch)

    def part(self, split: str) -> Part:
        """Returns which stored images a split has."""
        return self._parts[split]

    def batches(self, part: Part, batch_size: int, seed: int, *, short_batch: bool, central: bool) -> StreamBatches:
        """Returns batches of some images; central: of their centres, as in an evaluation."""
        return StreamBatches(part, self._pool, batch_size, seed, short_batch=short_batch, central=central)

    def centres(self, part: Part, batch_size: int) -> Iterator[Split]:
        """Yields some images in order, their centres alone; the last batch may be smaller."""
        return self._central(part.records, part.numbers, batch_size)

    def evaluation(self, split: str, batch_size: int) -> Iterator[Split]:
        """Yields all images of a split in order, their centres alone; the last batch may be smaller."""
        if split in self._parts:
            yield from self._central(self._parts[split].records, self._parts[split].numbers, batch_size)

    def check(self) -> None:
        """Decodes all images of validation and test; raises InputError for the first that cannot be read.

        Training itself does as much for the training images, in its first epoch. Those of test are read at its very
        end: better to know now.
        """
        for split in ("validation", "test"):
            for _ in self.evaluation(split, STATISTICS_BATCH):
                pass

    def identity(self) -> dict[str, Any]:
        """Returns the classes and how the splits are told: numbers, and hashes of names and sizes, not of contents."""
        stored = {name: records.identity() for name, records in self._reader.records.items()}
        splits = {name: {"from": part.records, "images": len(part.numbers)} for name, part in self._parts.items()}
        return {"classes": list(self.classes), "stored": stored, "splits": splits}

    def lines(self) -> tuple[str, ...]:
        """Returns what was found, a line a split."""
        return tuple(self._report(name, origin).line() for name, origin in self._origins.items())

    def close(self) -> None:
        """Ends the reading processes at once; what is asked for next starts them again."""
        self._pool.close()

    def _report(self, name: str, origin: Origin) -> SplitReport:
        part = self._parts.get(name)
        labels = self._reader.records[part.records].labels() if part else None
        if part is None or labels is None:  # where labels are stored with the images, every class is taken to be there
            return SplitReport(name, self.count(name), len(self.classes) if part else 0, origin)
        return split_report(name, labels[part.numbers], self.classes, origin)

    @functools.cached_property
    def _normalization(self) -> tuple[ChannelValues, ChannelValues]:
        if is_imagenet(self.classes):
            return IMAGENET_MEAN, IMAGENET_STD
        part = self._parts["train"]
        return measured(self._central(part.records, sample(part.numbers), STATISTICS_BATCH))

    def _central(self, records: str, numbers: Numbers, batch_size: int) -> Iterator[Split]:
        def made(batch: int) -> Split:
            chosen = numbers[batch * batch_size : (batch + 1) * batch_size]
            return Split(*self._pool.read(Request(records, chosen)))

        with read_ahead(made, 0, -(-len(numbers) // batch_size), self._pool.workers) as batches:
            yield from batches
