"""The user's own image files, a folder a class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from econas_jax.data.assembly import assemble
from econas_jax.data.dataset import Dataset, Split
from econas_jax.data.paths import existing_path
from econas_jax.errors import InputError, require, require_integer

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
MODES = frozenset({"1", "CMYK", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"})  # Pillow's, of 8 bits a channel
IMAGE_SIZE = 32  # CIFAR-10's
MAXIMUM_IMAGE_SIZE = 1024

ALLOWED = "a folder with a folder of images for each class, or with train/ (and validation/, test/) that have them"


def load_image_folder(
    path: str | os.PathLike[str] | None = None,
    *,
    validation_size: int | None = None,
    seed: int = 0,
    image_size: int = IMAGE_SIZE,
) -> Dataset:
    """Reads `train/<class>/*.png` and if they are there `validation/` and `test/`, or `<class>/*.png` directly.

    Classes are numbered in the order of their folders' names. Each image is cut to its central square and resized
    (bilinear with antialiasing) to image_size x image_size. Hidden files and files of other kinds are passed over.

    Raises:
        InputError: see Dataset; no such folder, a class without images, a class that has no training images, a file
            that is no readable image of 8 bits a channel (named).
    """
    require_integer("image_size", image_size, 1, MAXIMUM_IMAGE_SIZE)
    root = existing_path(path, ALLOWED)
    require(root.is_dir(), "path", str(root), ALLOWED)
    train_folder = root / "train" if (root / "train").is_dir() else root
    classes = [folder.name for folder in _folders(train_folder)]
    require(len(classes) >= 2, "path", str(root), f"{ALLOWED}; two classes or more")
    train = _read_split(train_folder, classes, image_size)
    others: dict[str, Split] = {}
    if train_folder != root:
        names = [name for name in ("validation", "test") if (root / name).is_dir()]
        others = {name: _read_split(root / name, classes, image_size) for name in names}
    return assemble(
        "image_folder",
        train,
        num_classes=len(classes),
        validation=others.get("validation"),
        test=others.get("test"),
        validation_size=validation_size,
        seed=seed,
    )


def _read_split(folder: Path, classes: Sequence[str], image_size: int) -> Split:
    """All images of a folder of classes, sorted by class and file name."""
    files: list[tuple[Path, int]] = []
    for class_folder in _folders(folder):
        known = class_folder.name in classes
        require(known, "class", str(class_folder), "a class that has training images: " + ", ".join(classes))
        found = [file for file in _visible(class_folder) if file.suffix.lower() in SUFFIXES and file.is_file()]
        require(bool(found), "class", str(class_folder), "at least one image: " + ", ".join(sorted(SUFFIXES)))
        files.extend((file, classes.index(class_folder.name)) for file in found)
    images = np.empty((len(files), image_size, image_size, 3), np.uint8)
    for place, (file, _) in enumerate(files):
        images[place] = _read_image(file, image_size)
    return Split(images, np.array([label for _, label in files], np.int32))


def _read_image(file: Path, image_size: int) -> npt.NDArray[np.uint8]:
    """One image file as uint8[image_size, image_size, 3]."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            mode = image.mode
            if mode in MODES:
                side = min(image.size)
                left, top = (image.width - side) // 2, (image.height - side) // 2
                # Cut first: resizing a box of the image would mix in pixels from outside of it.
                square = image.convert("RGB").crop((left, top, left + side, top + side))
                return np.asarray(square.resize((image_size, image_size), Image.Resampling.BILINEAR))
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them stumble on
        raise InputError("image", str(file), f"a readable image file ({error})") from error
    raise InputError("image", str(file), f"8 bits a channel, not Pillow's mode {mode}")


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in _visible(folder) if entry.is_dir()]


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise InputError("path", str(folder), f"a folder that can be read ({error.strerror})") from error
