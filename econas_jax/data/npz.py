"""The user's own arrays, as numpy.savez writes them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from econas_jax.data.assembly import assemble
from econas_jax.data.dataset import Dataset, Labels, Split, check_label_range, repeat_grey
from econas_jax.data.npz_file import read_arrays
from econas_jax.data.paths import existing_path
from econas_jax.errors import require

SPLITS = ("train", "validation", "test")
NAMES = tuple(f"{split}_{kind}" for split in SPLITS for kind in ("images", "labels"))
MAXIMUM_CLASSES = 100_000  # a larger label is a mistake, found before anything of that size is made

Arrays = dict[str, npt.NDArray[np.generic]]


def load_npz(
    path: str | os.PathLike[str] | None = None, *, validation_size: int | None = None, seed: int = 0
) -> Dataset:
    """Reads train_images and train_labels, and if they are there validation_* and test_*.

    Images: uint8[n, h, h, 3], or grey uint8[n, h, h] or [n, h, h, 1], which are repeated to three channels. Labels:
    whole numbers [n] from 0; the largest training label tells how many classes there are. Pickles are never read.

    Raises:
        InputError: see Dataset; a file that is no .npz, unknown or missing arrays, other types.
    """
    allowed = "a .npz file with train_images and train_labels"
    file = existing_path(path, allowed)
    arrays = read_arrays(file)
    _check_names(set(arrays), file)
    splits = {split: _split(arrays, split) for split in SPLITS if f"{split}_images" in arrays}
    train = splits["train"]
    require(len(train) > 0, "train_images", len(train), "at least one image")
    classes = int(train.labels.max()) + 1
    require(classes >= 2, "classes in train_labels", classes, "at least 2: one whole number a class, from 0")
    if "validation" in splits:
        allowed = "at least one image, or no validation_images and validation_labels: then some are held out"
        require(len(splits["validation"]) > 0, "validation_images", 0, allowed)
    return assemble(
        "npz",
        train,
        num_classes=classes,
        validation=splits.get("validation"),
        test=splits.get("test"),
        validation_size=validation_size,
        seed=seed,
    )


def _check_names(names: set[str], file: Path) -> None:
    unknown = sorted(names - set(NAMES))
    require(not unknown, f"arrays of {file}", unknown, "only " + ", ".join(NAMES))
    for split in SPLITS:
        pair = {f"{split}_images", f"{split}_labels"}
        needed = split == "train" or bool(pair & names)
        require(not needed or pair <= names, f"arrays of {file}", sorted(names), " and ".join(sorted(pair)))


def _split(arrays: Arrays, split: str) -> Split:
    images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
    field = f"{split}_images"
    require(images.dtype == np.uint8, f"{field}.dtype", str(images.dtype), "uint8, values 0 to 255")
    rgb = repeat_grey(images.astype(np.uint8, copy=False))
    square = rgb.ndim == 4 and rgb.shape[1] == rgb.shape[2] > 0 and rgb.shape[3] == 3
    require(square, f"{field}.shape", images.shape, "(n, h, h, 3), (n, h, h, 1) or (n, h, h)")
    return Split(rgb, _labels(labels, len(images), f"{split}_labels"))


def _labels(labels: npt.NDArray[np.generic], count: int, field: str) -> Labels:
    require(np.issubdtype(labels.dtype, np.integer), f"{field}.dtype", str(labels.dtype), "whole numbers")
    require(labels.shape == (count,), f"{field}.shape", labels.shape, f"({count},), a label an image")
    whole = labels.astype(np.uint64 if labels.dtype == np.uint64 else np.int64)
    check_label_range(field, whole, MAXIMUM_CLASSES)  # before the conversion, which would wrap around
    return whole.astype(np.int32)
