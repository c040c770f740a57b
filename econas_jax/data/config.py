"""What a config says of images: which data set, and how training images are changed. No JAX here."""

from __future__ import annotations

import dataclasses

from econas_jax.data.dataset import Dataset
from econas_jax.data.image_file import ALPHA
from econas_jax.data.image_folder import IMAGE_SIZE
from econas_jax.data.load import LOADERS, load_dataset
from econas_jax.errors import InputError, require, require_integer, require_number


@dataclasses.dataclass(frozen=True)
class ColourJitter:
    """How much the colours of training images may change (torchvision's `ColorJitter`; nothing by default)."""

    brightness: float = 0.0  # the factor is uniform from 1 - this, not below 0, to 1 + this (DARTS on ImageNet: 0.4)
    contrast: float = 0.0  # likewise (0.4)
    saturation: float = 0.0  # likewise (0.4)
    hue: float = 0.0  # the largest turn, in turns of the circle of colours, half a turn at most (0.2)

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            require_number(name, getattr(self, name), lambda strength: strength >= 0, "a number, 0 or more")
        require_number("hue", self.hue, lambda hue: 0 <= hue <= 0.5, "a number in [0, 0.5]")

    def __bool__(self) -> bool:
        return any(dataclasses.astuple(self))


IMAGENET_JITTER = ColourJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.2)  # DARTS, `train_imagenet.py`


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Random changes of training images (those of EcoNAS's released code by default)."""

    crop_padding: int = 4  # pixels of zeros on each side, in the stored images' own resolution; 0: no random crop
    flip: bool = True  # left and right, for half of the images
    jitter: ColourJitter = ColourJitter()
    cutout: int = 0  # pixels a side, as the network sees them, of a square that is the mean colour; 0: none

    def __post_init__(self) -> None:
        require_integer("crop_padding", self.crop_padding, 0)
        require_integer("cutout", self.cutout, 0)
        require(isinstance(self.flip, bool), "flip", self.flip, "True or False")


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which images to search on (`econas_jax.data.load_dataset`)."""

    name: str = "cifar10"  # cifar10, digits, npz (arrays) or image_folder (a folder for each class)
    path: str | None = None  # file or folder; cifar10 also looks in the usual places without it
    validation_size: int | None = None  # images split off the training set, 0: none; None: the data set's own number
    download: bool = False  # cifar10 only, never without being asked for
    image_size: int | None = None  # image_folder only: pixels a side as stored; None: 32 or the proxy's, the larger
    alpha: str = "white"  # image_folder only: transparent pixels are laid on white; refuse: they are an error

    def __post_init__(self) -> None:
        require(self.name in LOADERS, "data.name", self.name, "one of " + ", ".join(LOADERS))
        require(self.alpha in ALPHA, "data.alpha", self.alpha, " or ".join(ALPHA))
        for field, minimum in (("validation_size", 0), ("image_size", 1)):
            if getattr(self, field) is not None:
                require_integer(f"data.{field}", getattr(self, field), minimum)

    def load(self, seed: int, resolution: int | None = None) -> Dataset:
        """Returns the data set; raises InputError if it cannot be had.

        resolution: the largest that images are trained at. Image files are stored at least as large: what is shrunk
        to less has lost for good what enlarging it would have to show.
        """
        image_size = self._stored_size(resolution)
        try:
            return load_dataset(
                self.name,
                path=self.path,
                validation_size=self.validation_size,
                seed=seed,
                download=self.download,
                image_size=image_size,
                alpha=self.alpha,
            )
        except InputError as error:  # the loaders do not know where their arguments come from
            if error.field in {field.name for field in dataclasses.fields(self)}:
                raise InputError(f"data.{error.field}", error.value, error.allowed) from None
            raise

    def _stored_size(self, resolution: int | None) -> int | None:
        """The size to read image files at, or None where there are none or the loader's own will do."""
        if resolution is None:
            return self.image_size
        if self.image_size is None:
            return max(IMAGE_SIZE, resolution) if self.name == "image_folder" else None
        allowed = f"at least {resolution}, the largest proxy.resolution: images would be shrunk and enlarged again"
        require(self.image_size >= resolution, "data.image_size", self.image_size, allowed)
        return self.image_size
