"""CIFAR-10 as TensorFlow Datasets prepares it in array_record format; reading it needs no TensorFlow."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from econas_jax.data.dataset import Split, TrainTest
from econas_jax.errors import InputError, require

INFO = "dataset_info.json"
BATCH = 1_000  # records read at once: half the time of one by one


def find_version(folder: Path) -> Path | None:
    """The newest readable version in a TFDS data_dir, in its `cifar10` folder, or the folder itself; None without any.

    Raises:
        InputError: there are versions, but of another data set or in a format that only TensorFlow reads.
    """
    if (folder / INFO).is_file():
        versions = [folder]
    else:
        found = [info.parent for parent in (folder / "cifar10", folder) for info in parent.glob(f"*/{INFO}")]
        versions = sorted((version for version in found if _numbers(version)), key=_numbers, reverse=True)
    refusal: InputError | None = None
    for version in versions:
        try:
            _check_info(version)
        except InputError as error:
            refusal = refusal or error
        else:
            return version
    if refusal:
        raise refusal
    return None


def read_prepared(version: Path) -> TrainTest:
    """All images of a version's folder, in the order they are stored.

    Raises:
        InputError: damaged or missing files.
    """
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder_from_directory(str(version))
        # Decoded here, always by Pillow: TFDS's choice, and with it the pixels, depends on what else is installed.
        sources = builder.as_data_source(decoders={"image": tfds.decode.SkipDecoding()})
        return TrainTest(_decode(sources["train"]), _decode(sources["test"]))
    except Exception as error:  # the reader, its C++ part and the image decoder each raise types of their own
        raise InputError("path", str(version), f"a complete TFDS copy of CIFAR-10 ({error})") from error


def _decode(source: Any) -> Split:
    from PIL import Image

    images = np.empty((len(source), 32, 32, 3), np.uint8)
    labels = np.empty(len(source), np.int32)
    for start in range(0, len(source), BATCH):
        places = range(start, min(start + BATCH, len(source)))
        for place, example in zip(places, source.__getitems__(places), strict=True):
            images[place] = np.asarray(Image.open(io.BytesIO(example["image"])).convert("RGB"))
            labels[place] = example["label"]
    return Split(images, labels)


def _check_info(version: Path) -> None:
    try:
        info = json.loads((version / INFO).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("path", str(version), f"a readable {INFO} ({error})") from error
    name, file_format = (info.get("name"), info.get("fileFormat")) if isinstance(info, dict) else (None, None)
    require(name == "cifar10", f"data set in {version}", name, "cifar10")
    allowed = "array_record: prepare it with download_and_prepare(file_format='array_record')"
    require(file_format == "array_record", f"file format of {version}", file_format, allowed)


def _numbers(version: Path) -> tuple[int, ...]:
    """(3, 0, 2) of a folder named 3.0.2; () for other names."""
    parts = version.name.split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
