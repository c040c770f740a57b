"""The user's own image files, a folder a class."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from econas_jax.data.assembly import assemble
from econas_jax.data.dataset import Dataset, Split
from econas_jax.data.folder_tree import Entry, images_below, listing
from econas_jax.data.image_file import ALPHA, read_image
from econas_jax.data.image_kinds import READ
from econas_jax.data.origin import Origin, Tally
from econas_jax.data.paths import existing_path
from econas_jax.data.split_folders import ALLOWED, split_folders
from econas_jax.errors import InputError, require, require_integer

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
    root = existing_path(path, ALLOWED)
    require(root.is_dir(), "path", str(root), ALLOWED)
    beside = Tally()  # told with the training images, which there always are
    folders = split_folders(Entry(str(root), ""), beside)
    classes = [folder.last for folder in listing(folders["train"], Tally()).folders]
    require(len(classes) >= 2, "path", str(root), f"{ALLOWED}; two classes or more")
    splits, origins = {}, {}
    for name, folder in folders.items():
        passed_over, treated = beside if name == "train" else Tally(), Tally()
        files = _files(name, folder, classes, passed_over)
        if files:
            splits[name] = _read(files, image_size, alpha, treated)
        source = f"from {folder.name}/" if folder.name else "from the folder itself"
        origins[name] = Origin(source, passed_over.counts(), treated.counts())
    return assemble(
        "image_folder",
        splits["train"],
        num_classes=len(classes),
        validation=splits.get("validation"),
        test=splits.get("test"),
        validation_size=validation_size,
        seed=seed,
        origins=origins,
        classes=classes,
    )


def _files(split: str, folder: Entry, classes: Sequence[str], passed_over: Tally) -> list[tuple[Entry, int]]:
    """All images of a folder of classes with their labels, sorted by class and file name."""
    folders, loose = listing(folder, passed_over)
    if loose and not folders and split == "validation":
        raise InputError("folder", folder.path, "a folder of images for each class, as there are of training images")
    for image in loose:
        passed_over.add("image in no class's folder", image.name)
    files: list[tuple[Entry, int]] = []
    for class_folder in folders:
        known = class_folder.last in classes
        require(known, "class", class_folder.path, "a class that has training images: " + ", ".join(classes))
        label = classes.index(class_folder.last)
        before = len(files)
        files.extend((image, label) for image in images_below(class_folder, passed_over))
        require(len(files) > before, "class", class_folder.path, "at least one image: " + ", ".join(READ))
    return files


def _read(files: Sequence[tuple[Entry, int]], image_size: int, alpha: str, treated: Tally) -> Split:
    images = np.empty((len(files), image_size, image_size, 3), np.uint8)
    for place, (file, _) in enumerate(files):
        images[place] = read_image(file.path, file.name, image_size, alpha, treated)
    return Split(images, np.array([label for _, label in files], np.int32))
