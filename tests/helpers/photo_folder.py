"""A small folder of photographs in ImageNet's layout: mixed sizes and shapes, each image known by its class."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from econas_jax.data.stream.tfds_records import TfdsRecords
from econas_jax.data.tfds_folder import find_version

CLASSES = ("n01440764", "n02102040", "n03000684")
TRAIN, VALIDATION = 7, 3  # images of each class


def write_photo_folder(root: Path, classes: tuple[str, ...] = CLASSES) -> Path:
    """Writes train/<class>/*.JPEG and val/<class>/*.JPEG; the same pictures each time on one machine."""
    pictures = _pictures(len(classes) * (TRAIN + VALIDATION))
    rng = np.random.default_rng(0)
    for split, count in (("train", TRAIN), ("val", VALIDATION)):
        for name in classes:
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                width, height = (int(side) for side in rng.integers(40, 160, 2))
                photo = Image.fromarray(next(pictures)).resize((width, height), Image.Resampling.BICUBIC)
                photo.save(folder / f"{name}_{number}.JPEG", quality=90)
    return root


def _pictures(count: int) -> Iterator[npt.NDArray[np.uint8]]:
    """CIFAR-10's first images where there is a copy prepared by TFDS, else random patches of colour."""
    data = Path(os.environ.get("ECONAS_JAX_DATA") or Path(__file__).parents[3] / "shared" / "data") / "tfds"
    version = find_version(data, "cifar10") if data.is_dir() else None
    if version is not None:
        for record in TfdsRecords(version, "train").read(range(count)):
            assert isinstance(record.content, bytes)
            yield np.asarray(Image.open(io.BytesIO(record.content)).convert("RGB"))
    else:
        yield from np.random.default_rng(1).integers(0, 256, (count, 6, 6, 3), np.uint8)
