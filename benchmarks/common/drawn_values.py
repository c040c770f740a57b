"""Values that two programs draw alike without sharing a file: an array of a network, and images. NumPy alone."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]


def noise(name: str, shape: tuple[int, ...]) -> Array:
    """Returns values between -1 and 1 that depend on the name alone."""
    return (np.random.default_rng(zlib.crc32(name.encode())).random(shape) * 2 - 1).astype(np.float32)


def weights(name: str, shape: tuple[int, ...]) -> Array:
    """Returns values of an entry of a PyTorch state dict, by its name: no scale is 1, no bias or running mean 0."""
    drawn = noise(name, shape)
    if name.endswith("running_var"):
        return 1 + np.float32(0.5) * drawn
    if len(shape) > 1:  # a convolution or a linear layer: its outputs are about as large as its inputs
        return drawn * np.float32((3 / np.prod(shape[1:])) ** 0.5)
    return np.float32(0.3) * drawn + np.float32(name.endswith("weight"))


def images(batch: int, side: int) -> Array:
    """Returns images [batch, side, side, 3], normalised."""
    return noise("images", (batch, side, side, 3)) * np.float32(3**0.5)


def projection(name: str, array: Array) -> float:
    """Returns the array's product with a random one of its shape: a number that any change of it changes."""
    return float(np.vdot(noise(f"projection of {name}", array.shape).astype(np.float64), array))
