"""Images, layouts and sizes that the tests of spatial operations share."""

from __future__ import annotations

from typing import TypeVar

import jax
import numpy as np

Array = TypeVar("Array", jax.Array, np.ndarray)

CHANNELS, BATCH = 3, 4


def image(size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((BATCH, size, size, CHANNELS)).astype(np.float32)


def to_positions(x: Array) -> Array:
    """[batch, height, width, channels] -> [channels, positions, batch]."""
    return x.transpose(3, 1, 2, 0).reshape(x.shape[3], -1, x.shape[0])


def strides(size: int) -> tuple[int, ...]:
    return (1, 2) if size % 2 == 0 else (1,)
