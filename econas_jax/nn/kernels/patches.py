"""What each position of a dense convolution reads, so that the convolution is one product of its weights and this."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from econas_jax.nn.kernels.spatial import output_size


def patches(x: jax.Array, window: tuple[int, int], strides: tuple[int, int]) -> jax.Array:
    """Maps x [channels, height, width, batch] to [rows * columns * channels, out height, out width, batch].

    window: rows and columns of the kernel; zeros around the map keep its size at stride 1.
    """
    rows, columns = window
    padded = jnp.pad(x, [(0, 0), (rows // 2,) * 2, (columns // 2,) * 2, (0, 0)])
    height, width = (output_size(size, stride) for size, stride in zip(x.shape[1:3], strides, strict=True))
    down, right = strides[0] * (height - 1) + 1, strides[1] * (width - 1) + 1
    shifts = [
        padded[:, row : row + down : strides[0], column : column + right : strides[1]]
        for row in range(rows)
        for column in range(columns)
    ]
    return jnp.concatenate(shifts)
