"""Dense convolutions of any kernel as one product over patches, in the layout [channels, height, width, batch]."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from econas_jax.nn.kernels.spatial import output_size, pointwise


def convolve_patches(x: jax.Array, kernel: jax.Array, strides: tuple[int, int] = (1, 1)) -> jax.Array:
    """Convolves x with a kernel [rows, columns, inputs, outputs], padded so that stride 1 keeps the map's size."""
    rows, columns, inputs, outputs = kernel.shape
    borders = [(0, 0), (rows // 2,) * 2, (columns // 2,) * 2, (0, 0)]
    padded = jnp.pad(x, borders)
    height, width = (output_size(size, stride) for size, stride in zip(x.shape[1:3], strides, strict=True))
    down, right = strides[0] * (height - 1) + 1, strides[1] * (width - 1) + 1
    shifts = [
        padded[:, row : row + down : strides[0], column : column + right : strides[1]]
        for row in range(rows)
        for column in range(columns)
    ]
    patches = jnp.concatenate(shifts)  # [taps * inputs, height, width, batch]
    return pointwise(kernel.reshape(rows * columns * inputs, outputs).T, patches)
