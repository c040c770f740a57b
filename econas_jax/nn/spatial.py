"""Spatial operations of the search network, in the layout [channels, positions, batch] with positions = size * size.

The batch is the last axis, so that vector units and products run over it. On small maps a depthwise convolution of any
kernel, stride and dilation is, per channel, a matrix between input and output positions, built from the taps by a
constant 0/1 table and applied as a batched product: its gradients are products too. XLA's own grouped convolution is 10
to 50 times slower on CPU (its weight gradient is a dense convolution), and inside a branch on GPU it forces the host to
wait. On large maps the matrix would be too big and the taps are applied as shifted copies instead.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

SLOT = 5  # taps are kept in a SLOT x SLOT window; a 3x3 kernel uses its centre
LARGEST_MATRIX_MAP = 8  # at 8x8 the matrix wins (2.9 against 7.7 ms for 5x5, 9 channels, batch 384), above it never has


def output_size(size: int, stride: int) -> int:
    """Size of a map after an operation that keeps it at stride 1."""
    return (size - 1) // stride + 1


@functools.cache
def tap_table(kernel: int, dilation: int, size: int, stride: int) -> np.ndarray:
    """[kernel^2, output positions, input positions]: 1 where that tap joins the input position to the output's.

    Zero padding of dilation * (kernel - 1) / 2 on each side is implied: a tap outside the map joins nothing.
    """
    out, reach = output_size(size, stride), dilation * (kernel - 1) // 2
    offsets = np.arange(kernel) * dilation - reach
    # along[t, o, i] = 1 where tap t at output coordinate o reads input coordinate i; both axes use the same table
    along = offsets[:, None, None] + stride * np.arange(out)[None, :, None] == np.arange(size)[None, None, :]
    table = np.einsum("tyh,sxw->tsyxhw", along, along)
    return table.reshape(kernel**2, out**2, size**2).astype(np.float32)


def as_map(x: jax.Array, size: int) -> jax.Array:
    """[channels, positions, batch] -> [channels, height, width, batch]."""
    return x.reshape(x.shape[0], size, size, x.shape[-1])


def as_positions(x: jax.Array) -> jax.Array:
    """[channels, height, width, batch] -> [channels, positions, batch]."""
    return x.reshape(x.shape[0], -1, x.shape[-1])


def depthwise(x: jax.Array, taps: jax.Array, *, kernel: int, dilation: int, size: int, stride: int) -> jax.Array:
    """Depthwise convolution of x [channels, size^2, batch] with taps [SLOT^2, channels] -> [channels, out^2, batch]."""
    channels, border = x.shape[0], (SLOT - kernel) // 2
    window = taps.reshape(SLOT, SLOT, channels)[border : SLOT - border, border : SLOT - border]
    if size > LARGEST_MATRIX_MAP:
        return _depthwise_by_shifts(x, window, dilation=dilation, size=size, stride=stride)
    table = tap_table(kernel, dilation, size, stride)
    matrix = window.reshape(kernel**2, channels).T @ table.reshape(kernel**2, -1)
    return jnp.einsum("cpq,cqn->cpn", matrix.reshape(channels, *table.shape[1:]), x)


def _depthwise_by_shifts(x: jax.Array, window: jax.Array, *, dilation: int, size: int, stride: int) -> jax.Array:
    kernel, out = window.shape[0], output_size(size, stride)
    reach = dilation * (kernel - 1) // 2
    padded = jnp.pad(as_map(x, size), ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    span = stride * (out - 1) + 1
    total = jnp.zeros((x.shape[0], out, out, x.shape[-1]), x.dtype)
    for row in range(kernel):
        for column in range(kernel):
            top, left = row * dilation, column * dilation
            shifted = padded[:, top : top + span : stride, left : left + span : stride]
            total += window[row, column][:, None, None, None] * shifted
    return as_positions(total)


def average_pool(x: jax.Array, *, size: int, stride: int) -> jax.Array:
    """3x3 average pool, padding 1 that does not count in the mean, as a pass over rows and one over columns."""
    totals = _pass_of_three(jnp.add, 0.0, _pass_of_three(jnp.add, 0.0, as_map(x, size), 1, stride), 2, stride)
    first = stride * np.arange(output_size(size, stride)) - 1
    counts = np.minimum(first + 3, size) - np.maximum(first, 0)  # pixels of the map in each window, along one axis
    return as_positions(totals * (1.0 / np.outer(counts, counts)).astype(x.dtype)[None, :, :, None])


def max_pool(x: jax.Array, *, size: int, stride: int) -> jax.Array:
    """3x3 max pool, padding 1 with -inf, as a pass over rows and one over columns: 3 + 3 comparisons instead of 9."""
    rows = _pass_of_three(_larger, -jnp.inf, as_map(x, size), 1, stride)
    return as_positions(_pass_of_three(_larger, -jnp.inf, rows, 2, stride))


def _larger(first: jax.Array, second: jax.Array) -> jax.Array:
    """The maximum; where both are equal the whole gradient goes to the first (jnp.maximum shares it, at more cost)."""
    return jnp.where(first >= second, first, second)


def _pass_of_three(
    combine: Callable[[jax.Array, jax.Array], jax.Array], padding: float, x: jax.Array, axis: int, stride: int
) -> jax.Array:
    """Combines each element with its two neighbours along an axis."""
    widths = [(1, 1) if dimension == axis else (0, 0) for dimension in range(x.ndim)]
    padded = jnp.pad(x, widths, constant_values=padding)
    span = stride * (output_size(x.shape[axis], stride) - 1) + 1
    before, here, after = (jax.lax.slice_in_dim(padded, start, start + span, stride, axis) for start in range(3))
    return combine(combine(before, here), after)


def halves(x: jax.Array, *, size: int) -> tuple[jax.Array, jax.Array]:
    """The even positions of both axes, and those one pixel further: what a factorized reduce samples (size is even)."""
    image = as_map(x, size)
    return as_positions(image[:, ::2, ::2]), as_positions(image[:, 1::2, 1::2])


def pointwise(weights: jax.Array, x: jax.Array) -> jax.Array:
    """1x1 convolution: weights [outputs, inputs], x [inputs, positions, batch] -> [outputs, positions, batch]."""
    product = weights @ x.reshape(x.shape[0], -1)
    return product.reshape(weights.shape[0], *x.shape[1:])
