"""What every data set is in the end: checked, read-only uint8 images with labels, in three splits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from econas_jax.data.origin import Origin
from econas_jax.errors import InputError, require, require_integer

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]
ChannelValues = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Split:
    """Images uint8[n, h, h, 3] (0 to 255) and their labels int32[n]; n may be 0. Both are kept as read-only views.

    Raises:
        InputError: a wrong type or shape.
    """

    images: Images
    labels: Labels

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        require(isinstance(images, np.ndarray), "images", type(images).__name__, "a NumPy array")
        require(isinstance(labels, np.ndarray), "labels", type(labels).__name__, "a NumPy array")
        require(images.dtype == np.uint8, "images.dtype", str(images.dtype), "uint8")
        require(labels.dtype == np.int32, "labels.dtype", str(labels.dtype), "int32")
        square = images.ndim == 4 and images.shape[1] == images.shape[2] > 0 and images.shape[3] == 3
        require(square, "images.shape", images.shape, "(images, height, width, 3) with height = width")
        require(labels.shape == images.shape[:1], "labels.shape", labels.shape, f"({len(images)},), a label an image")
        object.__setattr__(self, "images", _read_only(images))
        object.__setattr__(self, "labels", _read_only(labels))

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: npt.NDArray[np.int64]) -> Split:
        """A copy of the images at these positions, in this order."""
        return Split(self.images[indices], self.labels[indices])


class TrainTest(NamedTuple):
    """A data set as published, before a validation split is taken off its training images."""

    train: Split
    test: Split


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images to train on, to rank candidates by (validation) and to report at the very end (test).

    The mean and the standard deviation of each channel refer to images scaled to [0, 1]. The validation and the test
    split may be empty. Identical images are one matter, shared positions another: only the latter is checked here.

    Raises:
        InputError: images of different sizes, a label out of range, a class without training images, more or fewer
            names than classes, splits that are views of the same memory, or normalization constants that cannot be
            used.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    num_classes: int
    mean: ChannelValues
    std: ChannelValues
    origins: Mapping[str, Origin] = field(default_factory=dict)  # of the splits, by name, where there is more to tell
    classes: tuple[str, ...] = ()  # their names, by number; where the data has none, the numbers are

    def __post_init__(self) -> None:
        require(isinstance(self.name, str) and bool(self.name), "name", self.name, "a name")
        require_integer("num_classes", self.num_classes, 2)
        for name, split in self.splits.items():
            self._check_split(name, split)
        self._check_classes()
        self._name_classes()
        for name, values in (("mean", self.mean), ("std", self.std)):
            finite = len(values) == 3 and all(math.isfinite(value) for value in values)
            require(finite, name, values, "three finite numbers")
        # A channel without any variation cannot be divided by its deviation.
        require(min(self.std) > 0, "std", self.std, "three positive numbers: images that vary in every channel")

    @property
    def splits(self) -> dict[str, Split]:
        """The three splits by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def image_size(self) -> int:
        """Height and width in pixels."""
        return int(self.train.images.shape[1])

    def _check_split(self, name: str, split: Split) -> None:
        shape = self.train.images.shape[1:]
        require(split.images.shape[1:] == shape, f"{name} image shape", split.images.shape[1:], f"{shape} as in train")
        check_label_range(f"{name} labels", split.labels, self.num_classes)
        if split is not self.train and np.may_share_memory(split.images, self.train.images):
            raise InputError(f"{name}.images", "a view of train.images", "images of its own")

    def _check_classes(self) -> None:
        absent = np.setdiff1d(np.arange(self.num_classes), self.train.labels)
        allowed = f"at least one training image of each of the {self.num_classes} classes, numbered from 0 without gaps"
        require(absent.size == 0, "classes without training images", absent.tolist(), allowed)

    def _name_classes(self) -> None:
        names = tuple(self.classes) or numbered_classes(self.num_classes)
        allowed = f"{self.num_classes} names, one for each class"
        require(len(names) == self.num_classes, "classes", names, allowed)
        object.__setattr__(self, "classes", names)


def numbered_classes(count: int) -> tuple[str, ...]:
    """Returns the names of classes that have none: their numbers."""
    return tuple(map(str, range(count)))


def check_label_range(field: str, labels: npt.NDArray[np.integer], num_classes: int) -> None:
    """Raises InputError, naming the first offender, unless all labels lie in 0 .. num_classes - 1."""
    wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if wrong.size:
        raise InputError(f"{field}[{wrong[0]}]", int(labels[wrong[0]]), f"a class from 0 to {num_classes - 1}")


def repeat_grey(images: Images) -> Images:
    """Grey images uint8[n, h, w] or uint8[n, h, w, 1] as uint8[n, h, w, 3]; anything else comes back as it is."""
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim == 4 and images.shape[-1] == 1:
        return np.repeat(images, 3, axis=-1)
    return images


def _read_only(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    view = array.view()  # the caller's own array stays as it was
    view.flags.writeable = False
    return view
