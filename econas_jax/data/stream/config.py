"""What a config says of streamed images. No JAX here."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Literal, get_args

from econas_jax.errors import InputError, require, require_integer, require_number

if TYPE_CHECKING:
    from econas_jax.data.config import Augmentation
    from econas_jax.data.stream.source import StreamSource

Kind = Literal["image_stream", "tfds_stream"]
LARGEST_SEED = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class StreamConfig:
    """Images that are read while a network trains, for data sets that do not fit in memory (ImageNet)."""

    name: Kind = "image_stream"  # a folder for each class in train/ and val/; or tfds_stream: a prepared TFDS set
    path: str | None = None  # the folder; tfds_stream: TFDS's data_dir, None looks in the usual places
    data_set: str = "imagenet2012"  # tfds_stream only: TFDS's name
    validation: float = 0.0  # share of the training images that is held out, where the data has none of its own
    workers: int | None = None  # processes that decode; 0: a thread of this one; None: one a core
    flip: bool = True  # left and right, for half of the training images
    smallest_area: float = 0.08  # of a training image, what its random part has at least; 1 at most
    crop: float = 0.875  # of a test image's shorter side, the share that its central square keeps

    def __post_init__(self) -> None:
        require(self.name in get_args(Kind), "data.name", self.name, " or ".join(get_args(Kind)))
        require(isinstance(self.flip, bool), "data.flip", self.flip, "True or False")
        if self.workers is not None:
            require_integer("data.workers", self.workers, 0, 1_000)
        require_number("data.validation", self.validation, lambda share: 0 <= share < 1, "a number in [0, 1)")
        for name in ("smallest_area", "crop"):
            require_number(f"data.{name}", getattr(self, name), lambda share: 0 < share <= 1, "a number in (0, 1]")

    def open(self, seed: int, resolution: int) -> StreamSource:
        """Lists the images; reads none of them but one a split of TFDS's.

        seed: chooses the validation images, where a share of the training images is held out; resolution: pixels a side
        of what is made of each image.

        Raises:
            InputError: images that cannot be had, or grain is not installed.
        """
        from econas_jax.data.stream import opening
        from econas_jax.data.stream.crops import RandomCrop
        from econas_jax.data.stream.pipeline import imported_grain
        from econas_jax.data.stream.reader import Reader
        from econas_jax.data.stream.source import StreamSource

        require_integer("resolution", resolution, 1)
        require_integer("seed", seed, 0, LARGEST_SEED)
        imported_grain()
        try:
            tfds = self.name == "tfds_stream"
            stored = opening.stored_tfds(self.path, self.data_set) if tfds else opening.stored_folder(self.path)
        except InputError as error:
            if error.field == "path":  # who lists a folder does not know where its name comes from
                raise InputError("data.path", error.value, error.allowed) from None
            raise
        parts, origins = opening.parts(stored, self.validation, seed)
        reader = Reader(stored.records, resolution, RandomCrop(self.smallest_area), self.flip, self.crop)
        return StreamSource(stored.name, stored.classes, reader, parts, origins, self._workers())

    def check_augmentation(self, augmentation: Augmentation) -> None:
        """Raises InputError for what is done while images are read, not with batches."""
        allowed = "0, since streamed images are cropped as they are read (data.smallest_area)"
        padding = augmentation.crop_padding
        require(padding == 0, "training.augmentation.crop_padding", padding, allowed)
        allowed = "False, since streamed images are flipped as they are read (data.flip)"
        require(not augmentation.flip, "training.augmentation.flip", augmentation.flip, allowed)

    def _workers(self) -> int:
        if self.workers is not None:
            return self.workers
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
