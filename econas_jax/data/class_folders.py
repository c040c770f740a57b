"""The image files of a data set that has a folder for each class, split by split, with their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from econas_jax.data.folder_tree import Entry, images_below, listing
from econas_jax.data.image_kinds import READ
from econas_jax.data.origin import Origin, Tally
from econas_jax.data.paths import existing_path
from econas_jax.data.split_folders import ALLOWED, split_folders
from econas_jax.errors import InputError, require


class SplitFiles(NamedTuple):
    """The image files of a split with their labels, sorted by class and file name, and what lay beside them."""

    files: Sequence[tuple[Entry, int]]
    origin: Origin


class ClassFolders(NamedTuple):
    """What is in a data set's folder."""

    root: str
    classes: tuple[str, ...]  # sorted; a class's place is its label
    splits: Mapping[str, SplitFiles]  # of train, validation and test those that have a folder


def class_folders(path: object) -> ClassFolders:
    """Lists `train/<class>/` and if they are there `validation/` and `test/`, or `<class>/` directly.

    Raises:
        InputError: see `split_folders`; no such folder, fewer than two classes, a class without images or without
            training images.
    """
    root = existing_path(path, ALLOWED)
    require(root.is_dir(), "path", str(root), ALLOWED)
    beside = Tally()  # told with the training images, which there always are
    folders = split_folders(Entry(str(root), ""), beside)
    classes = tuple(folder.last for folder in listing(folders["train"], Tally()).folders)
    require(len(classes) >= 2, "path", str(root), f"{ALLOWED}; two classes or more")
    splits = {}
    for name, folder in folders.items():
        passed_over = beside if name == "train" else Tally()
        files = _files(name, folder, classes, passed_over)
        source = f"from {folder.name}/" if folder.name else "from the folder itself"
        splits[name] = SplitFiles(files, Origin(source, passed_over.counts()))
    return ClassFolders(str(root), classes, splits)


def _files(split: str, folder: Entry, classes: Sequence[str], passed_over: Tally) -> list[tuple[Entry, int]]:
    folders, loose = listing(folder, passed_over)
    if loose and not folders and split == "validation":
        raise InputError("folder", folder.path, "a folder of images for each class, as there are of training images")
    for image in loose:
        passed_over.add("image in no class's folder", image.name)
    labels = {name: label for label, name in enumerate(classes)}
    files: list[tuple[Entry, int]] = []
    for class_folder in folders:
        known = class_folder.last in labels
        require(known, "class", class_folder.path, "a class that has training images: " + ", ".join(classes))
        before = len(files)
        files.extend((image, labels[class_folder.last]) for image in images_below(class_folder, passed_over))
        require(len(files) > before, "class", class_folder.path, "at least one image: " + ", ".join(READ))
    return files
