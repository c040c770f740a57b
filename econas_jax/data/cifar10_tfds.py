"""CIFAR-10 as TensorFlow Datasets prepares it in array_record format; reading it needs no TensorFlow."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from econas_jax.data import tfds_folder
from econas_jax.data.dataset import Split, TrainTest
from econas_jax.errors import InputError

BATCH = 1_000  # records read at once: half the time of one by one


def find_version(folder: Path) -> Path | None:
    """The newest readable version of CIFAR-10 in a folder; see `tfds_folder.find_version`."""
    return tfds_folder.find_version(folder, "cifar10")


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
