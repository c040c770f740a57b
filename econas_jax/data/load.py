"""Data sets by name: the one place that knows all loaders."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from econas_jax.data.cifar10 import load_cifar10
from econas_jax.data.dataset import Dataset
from econas_jax.data.digits import load_digits
from econas_jax.data.image_file import ALPHA
from econas_jax.data.image_folder import load_image_folder
from econas_jax.data.npz import load_npz
from econas_jax.errors import require


class Loader(NamedTuple):
    """A function (validation_size, seed, **options) -> Dataset, and the options it has."""

    load: Callable[..., Dataset]
    options: tuple[str, ...]


LOADERS = {
    "cifar10": Loader(load_cifar10, ("path", "download")),
    "digits": Loader(load_digits, ()),
    "image_folder": Loader(load_image_folder, ("path", "image_size", "alpha")),
    "npz": Loader(load_npz, ("path",)),
}


def load_dataset(
    name: str,
    *,
    path: str | os.PathLike[str] | None = None,
    validation_size: int | None = None,
    seed: int = 0,
    download: bool = False,
    image_size: int | None = None,
    alpha: str = ALPHA[0],
) -> Dataset:
    """Loads `cifar10`, `digits`, `image_folder` or `npz`; the loaders' own docstrings say what they read.

    Args:
        name: a key of LOADERS.
        path: the file or folder to read; cifar10 also looks in the usual places without it.
        validation_size: images to split off the training images for validation; None takes the loader's default.
            Zero leaves the validation split empty.
        seed: chooses the validation images; not negative.
        download: cifar10 only: fetch the official archive if it is not found.
        image_size: image_folder only: height and width in pixels of the images.
        alpha: image_folder only: `white` lays transparent pixels on white, `refuse` makes them an error.

    Raises:
        InputError: an unknown name, an option the loader does not have, or data that cannot be used.
    """
    known = isinstance(name, str) and name in LOADERS
    require(known, "dataset", name, "one of " + ", ".join(LOADERS))
    loader = LOADERS[name]
    given = {"path": path, "download": download or None, "image_size": image_size}
    given["alpha"] = alpha if alpha != ALPHA[0] else None
    options = {option: value for option, value in given.items() if value is not None}
    for option, value in options.items():
        require(option in loader.options, option, value, f"nothing: the data set {name} has no such option")
    return loader.load(validation_size=validation_size, seed=seed, **options)
