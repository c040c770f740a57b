"""Opens the images of a stream: where the splits lie, and which images are trained on, held out and reported on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from econas_jax.data import tfds_folder
from econas_jax.data.class_folders import class_folders
from econas_jax.data.origin import Origin
from econas_jax.data.paths import home_path, user_path
from econas_jax.data.stream.part import Part, held_out, whole
from econas_jax.data.stream.records import FolderRecords, Records
from econas_jax.data.stream.tfds_records import LABEL, TfdsRecords, builder
from econas_jax.errors import InputError, require


class Stored(NamedTuple):
    """What a stream can read."""

    name: str
    classes: tuple[str, ...]
    records: Mapping[str, Records]  # of train, validation, test those that there are
    origins: Mapping[str, Origin]


def stored_folder(path: object) -> Stored:
    """Lists a folder of image files, as `image_folder` does; raises InputError, see `class_folders`."""
    folders = class_folders(path)
    records = {name: FolderRecords(folders.root, split) for name, split in folders.splits.items() if split.files}
    origins = {name: split.origin for name, split in folders.splits.items()}
    return Stored("image_stream", folders.classes, records, origins)


def stored_tfds(path: object, data_set: str) -> Stored:
    """Opens what TFDS prepared; a split without labels, as ImageNet's test images, is passed over.

    path: a TFDS data_dir, the data set's folder in it, or a version's; None: $TFDS_DATA_DIR or ~/tensorflow_datasets.

    Raises:
        InputError: not found, another format than array_record, other features, or no split `train`.
    """
    version = _version(path, data_set)
    opened = builder(version)
    require("train" in opened.info.splits, "splits", list(opened.info.splits), "train among them")
    records: dict[str, Records] = {}
    origins = {}
    for split in ("train", "validation", "test"):
        if split in opened.info.splits and opened.info.splits[split].num_examples:
            found = TfdsRecords(version, split)
            origins[split] = Origin(f"from {version}")
            if next(found.read([0])).label >= 0:
                records[split] = found
            else:
                origins[split] = Origin(f"from {version}, passed over: without labels")
    return Stored(data_set, tuple(opened.info.features[LABEL].names), records, origins)


def parts(stored: Stored, share: float, seed: int) -> tuple[dict[str, Part], dict[str, Origin]]:
    """Returns which images each split has, and for people where they come from.

    Without test images those of `validation` are reported on, as all papers on ImageNet do; then, and where there are
    neither, a share of the training images may be held out for validation by the seed.

    Raises:
        InputError: a share to be held out although there are validation images beside test images.
    """
    records, origins = dict(stored.records), dict(stored.origins)
    found = {name: whole(name, images) for name, images in records.items()}
    if "test" not in found and "validation" in found:
        found["test"] = found.pop("validation")
        origins["test"] = origins.pop("validation")
    if share > 0:
        allowed = "0, since the data has validation images and test images of its own"
        require("validation" not in found, "data.validation", share, allowed)
        held = held_out("train", records["train"], len(stored.classes), share, seed)
        found["train"], found["validation"] = held
        origins["validation"] = Origin("held out of the training images")
    order = ("train", "validation", "test")
    return {name: found[name] for name in order if name in found}, {
        name: origins[name] for name in order if name in origins
    }


def _version(path: object, data_set: str) -> Path:
    allowed = f"a TFDS data_dir with {data_set} in array_record format"
    if path is not None:
        places = [user_path(path, allowed)]
    else:
        usual = (os.environ.get("TFDS_DATA_DIR"), "~/tensorflow_datasets")
        places = [place for name in usual if name and (place := home_path(name))]
    for place in places:
        version = tfds_folder.find_version(place, data_set) if place.is_dir() else None
        if version:
            return version
    where = "" if path is not None else "; none was found in " + " or ".join(map(str, places))
    raise InputError("data.path", path, allowed + where)
