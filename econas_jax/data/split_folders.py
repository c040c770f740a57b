"""Finds the folders of the splits in a data set's folder."""

from __future__ import annotations

from econas_jax.data.folder_tree import Entry, images_below, listing
from econas_jax.data.origin import Tally
from econas_jax.data.split_names import split_of
from econas_jax.errors import InputError, require

ALLOWED = "a folder with a folder of images for each class, or with train/ (and validation/, test/) that have them"


def split_folders(root: Entry, tally: Tally) -> dict[str, Entry]:
    """Returns the folder of each split that there is; the root itself is the training split's if it holds classes.

    What lies beside the splits and is not read is counted in `tally`.

    Raises:
        InputError: a folder beside train/ that holds images and is no split's, two folders for one split, or folders
            of splits without one to train on.
    """
    folders, _ = listing(root, Tally())
    named = [(folder, split_of(folder.last)) for folder in folders]
    train = [folder for folder, split in named if split == "train" and _has_folders(folder)]
    if not train:
        _refuse_splits_among_classes(root, [folder for folder, split in named if split], len(folders))
        return {"train": root}
    found: dict[str, Entry] = {}
    for folder, split in named:
        if split is None:
            _refuse_images(folder, tally)
        elif split in found:
            raise InputError("folder", folder.path, f"one folder of {split} images: {found[split].last}/ is another")
        else:
            found[split] = folder
    for image in listing(root, tally).images:
        tally.add("image beside the folders of the splits", image.name)
    return found


def _refuse_splits_among_classes(root: Entry, splits: list[Entry], folders: int) -> None:
    """Raises InputError where folders with the names of splits would be taken for classes.

    A class may well be called `train`: it is taken for one if its images lie in it and other classes beside it.
    """
    names = ", ".join(f"{folder.last}/" for folder in splits)
    require(not splits or len(splits) < folders, "path", root.path, f"{ALLOWED}; it has {names} without such a train/")
    for folder in splits:
        allowed = f"a folder train/ beside it with a folder for each class, since {folder.last} is the name of a split"
        require(not _has_folders(folder), "folder", folder.path, allowed)


def _refuse_images(folder: Entry, tally: Tally) -> None:
    first = next(images_below(folder, Tally()), None)
    allowed = (
        "the name of a split, such as train, val or test, since it holds images and lies beside the training images; "
        "move it elsewhere if it is not to be read"
    )
    require(first is None, "folder", folder.path, allowed)
    tally.add("folder without images", folder.name)


def _has_folders(folder: Entry) -> bool:
    return bool(listing(folder, Tally()).folders)
