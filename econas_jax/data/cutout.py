"""Cutout: a square of each training image is filled with the mean colour (DeVries and Taylor, 2017).

DARTS's `cnn/utils.py` fills it after the normalization, and so does this.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def cutout(key: jax.Array, images: jax.Array, size: int) -> jax.Array:
    """Sets a square of each normalized image to 0, which is the mean colour.

    The square's centre is uniform over the image's pixels, so that the image's border may cut it off.

    Args:
        key: a jax key; the same key and shapes give the same squares.
        images: float32[B, h, w, 3], normalized.
        size: of the square, in pixels a side; it covers `size // 2` pixels before its centre.

    Returns:
        float32[B, h, w, 3].
    """
    batch, height, width, _ = images.shape
    row_key, column_key = jax.random.split(key)
    rows = _covered(jax.random.randint(row_key, (batch, 1), 0, height), height, size)
    columns = _covered(jax.random.randint(column_key, (batch, 1), 0, width), width, size)
    square = rows[:, :, None, None] & columns[:, None, :, None]
    return jnp.where(square, 0.0, images)


def _covered(centres: jax.Array, length: int, size: int) -> jax.Array:
    """Says of each position along a side, bool[B, length], whether a square with this centre covers it."""
    first = centres - size // 2
    positions = jnp.arange(length)[None, :]
    return (first <= positions) & (positions < first + size)
