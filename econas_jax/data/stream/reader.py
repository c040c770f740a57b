"""Makes batches of stored images: all that a reading process does. No JAX is loaded here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from econas_jax.data.dataset import Images, Labels
from econas_jax.data.stream.crops import RandomCrop
from econas_jax.data.stream.decoding import evaluation_pixels, training_pixels
from econas_jax.data.stream.records import Numbers, Records

# Keeps these random numbers apart from the others that are drawn from the same seed.
CROP_STREAM = 20_011


class Request(NamedTuple):
    """A batch to be made."""

    split: str  # a key of the reader's records
    numbers: Numbers  # which images, in this order
    seed: int | None = None  # of random crops and flips; None: as an evaluation sees the images
    epoch: int = 0


@dataclasses.dataclass(frozen=True)
class Reader:
    """Knows where the images lie and how they are cropped."""

    records: Mapping[str, Records]
    resolution: int  # r, pixels a side of what it makes
    crop: RandomCrop
    flip: bool
    share: float  # of an image's shorter side, what the central square of an evaluation keeps

    def shape(self, request: Request) -> tuple[int, int, int, int]:
        """Returns the shape of a batch's images."""
        return len(request.numbers), self.resolution, self.resolution, 3

    def read(self, request: Request) -> tuple[Images, Labels]:
        """Makes a batch, uint8[n, r, r, 3] and int32[n].

        What an image becomes in training depends on (seed, epoch, its number) alone.

        Raises:
            InputError: an image that cannot be read, by name.
        """
        images = np.empty(self.shape(request), np.uint8)
        labels = np.empty(len(images), np.int32)
        records = self.records[request.split].read(request.numbers.tolist())
        for place, (number, record) in enumerate(zip(request.numbers, records, strict=True)):
            if request.seed is None:
                images[place] = evaluation_pixels(record, self.resolution, self.share)
            else:
                rng = np.random.default_rng((request.seed, CROP_STREAM, request.epoch, number))
                images[place] = training_pixels(record, self.resolution, self.crop, self.flip, rng)
            labels[place] = record.label
        return images, labels
