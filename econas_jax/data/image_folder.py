"""The user's own image files, a folder a class."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from econas_jax.data.assembly import assemble
from econas_jax.data.class_folders import class_folders
from econas_jax.data.dataset import Dataset, Split
from econas_jax.data.folder_tree import Entry
from econas_jax.data.image_file import ALPHA, read_image
from econas_jax.data.origin import Tally
from econas_jax.errors import require, require_integer

IMAGE_SIZE = 32  # CIFAR-10's
MAXIMUM_IMAGE_SIZE = 1024


def load_image_folder(
    path: str | os.PathLike[str] | None = None,
    *,
    validation_size: int | None = None,
    seed: int = 0,
    image_size: int = IMAGE_SIZE,
    alpha: str = ALPHA[0],
) -> Dataset:
    """Reads `train/<class>/` and if they are there `validation/` and `test/`, or `<class>/` directly.

    The folders of splits may have any of the names that `split_of` knows. Classes are numbered in the order of their
    folders' names. Images are known by their content, and those in folders below a class's folder are its, too; see
    `read_image` for what becomes of each. The `origins` of the data set tell what was passed over and what was changed.

    Raises:
        InputError: see Dataset and `split_folders`; no such folder, a class without images, a class that has no
            training images, a file that is no readable image of 8 bits a channel (named).
    """
    require_integer("image_size", image_size, 1, MAXIMUM_IMAGE_SIZE)
    require(alpha in ALPHA, "alpha", alpha, " or ".join(ALPHA))
    folders = class_folders(path)
    splits, origins = {}, {}
    for name, found in folders.splits.items():
        treated = Tally()
        if found.files:
            splits[name] = _read(found.files, image_size, alpha, treated)
        origins[name] = dataclasses.replace(found.origin, treated=treated.counts())
    return assemble(
        "image_folder",
        splits["train"],
        num_classes=len(folders.classes),
        validation=splits.get("validation"),
        test=splits.get("test"),
        validation_size=validation_size,
        seed=seed,
        origins=origins,
        classes=folders.classes,
    )


def _read(files: Sequence[tuple[Entry, int]], image_size: int, alpha: str, treated: Tally) -> Split:
    images = np.empty((len(files), image_size, image_size, 3), np.uint8)
    for place, (file, _) in enumerate(files):
        images[place] = read_image(file.path, file.name, image_size, alpha, treated)
    return Split(images, np.array([label for _, label in files], np.int32))
