"""Depthwise convolutions of the search network, of [channels, positions, batch] with positions = size * size.

A convolution of any kernel, stride and dilation is applied in one of two ways (`by_shifts` chooses). One is a matrix
per channel between input and output positions, built from the taps by a constant 0/1 table: its gradients are products
too. The other sums shifted copies of the map, where the matrix is too large. XLA's own grouped convolution is 10 to 50
times slower on CPU (its weight gradient is a dense convolution), and inside a branch on GPU it forces the host to wait.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.kernels.spatial import as_positions, by_channel, each_channel, output_size
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.precision import rounded_like

SLOT = 5  # the search network's taps are kept in a SLOT x SLOT window; a 3x3 kernel uses its centre
LARGEST_MATRIX_MAP = 8  # on larger maps a matrix has never been faster, nor for gradients
TERMS = 32  # products in one sum of `_window_gradient`: measured; sums of 64 are slower
MOST_SUMS = 8  # sums that are written out; more would compile slowly, so they are a loop, which is a fifth slower


def by_shifts(kernel: int, dilation: int, size: int) -> bool:
    """Says whether a depthwise convolution is applied as shifts.

    Measured: ReLU, depthwise and pointwise convolution, batch 384, one core of an AMD EPYC (Zen 4), ms as a matrix and
    as shifts (benchmarks.step.depthwise; results/epyc_zen4/depthwise.json, and an earlier program's in epyc_zen3).

    | channels, map | 3x3          | dilated 3x3  | 5x5          | dilated 5x5  |
    | ------------- | ------------ | ------------ | ------------ | ------------ |
    | 9, 8x8        | 0.36 or 0.17 | 0.35 or 0.18 | 0.35 or 0.29 | 0.35 or 0.37 |
    | 18, 4x4       | 0.09 or 0.10 | 0.09 or 0.12 | 0.09 or 0.18 | 0.09 or 0.15 |
    | 36, 2x2       | 0.05 or 0.07 | 0.05 or 0.05 | 0.05 or 0.09 | 0.05 or 0.06 |

    Dilated convolutions of even maps are undilated before they come here (parity.py). Nothing in the table was measured
    on an accelerator: there a 5x5 stays a matrix, because large products cost it least.
    """
    shifts_win = kernel == 3 or (dilation == 1 and on_cpu())
    return size > LARGEST_MATRIX_MAP or (size > 4 and shifts_win)


def gradients_by_shifts(kernel: int, size: int, stride: int) -> bool:
    """Says whether a CPU computes the gradients of a depthwise convolution as sums of shifts.

    Measured as above, both gradients, ms with products and as shifts:

    | channels, map | 3x3          | 5x5          |
    | ------------- | ------------ | ------------ |
    | 9, 12x12      | 1.84 or 0.67 | 2.37 or 1.69 |
    | 9, 8x8        | 0.42 or 0.31 | 0.57 or 0.70 |
    | 18, 6x6       | 0.34 or 0.33 | 0.53 or 0.81 |
    | 18, 4x4       | 0.10 or 0.15 | 0.10 or 0.37 |
    """
    return size > LARGEST_MATRIX_MAP or (size > 4 and kernel == 3 and stride == 1)


@functools.cache
def tap_table(kernel: int, dilation: int, size: int, stride: int) -> np.ndarray:
    """Returns [kernel^2, output positions, input positions]: 1 where a tap joins the input position to the output's.

    Zero padding of dilation * (kernel - 1) / 2 on each side is implied: a tap outside the map joins nothing.
    """
    out, reach = output_size(size, stride), dilation * (kernel - 1) // 2
    offsets = np.arange(kernel) * dilation - reach
    # along[t, o, i] = 1 where tap t at output coordinate o reads input coordinate i; both axes use the same table
    along = offsets[:, None, None] + stride * np.arange(out)[None, :, None] == np.arange(size)[None, None, :]
    table = np.einsum("tyh,sxw->tsyxhw", along, along)
    return table.reshape(kernel**2, out**2, size**2).astype(np.float32)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4, 5))
def depthwise(x: jax.Array, taps: jax.Array, kernel: int, dilation: int, size: int, stride: int) -> jax.Array:
    """Convolves x [channels, size^2, batch] depthwise to [channels, out^2, batch].

    taps: [side^2, channels], a window whose centre is the kernel: as large as the kernel, or SLOT wide.
    """
    window = _window(taps, kernel)
    if by_shifts(kernel, dilation, size):
        return _by_shifts(x, window, dilation, size, stride)
    matrix = _matrix(rounded_like(window, x), tap_table(kernel, dilation, size, stride))
    return by_channel(matrix, 2, x, 1)


def _forward(
    x: jax.Array, taps: jax.Array, kernel: int, dilation: int, size: int, stride: int
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return depthwise(x, taps, kernel, dilation, size, stride), (x, taps)


def _backward(
    kernel: int, dilation: int, size: int, stride: int, residuals: tuple[jax.Array, jax.Array], gradient: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, taps = residuals
    window = _window(taps, kernel)
    if on_cpu() and gradients_by_shifts(kernel, size, stride):
        input_gradient, window_gradient = _gradients_by_shifts(x, window, gradient, dilation, size, stride)
    elif size > LARGEST_MATRIX_MAP:
        shifts = functools.partial(_by_shifts, dilation=dilation, size=size, stride=stride)
        input_gradient, window_gradient = jax.vjp(shifts, x, window)[1](gradient)
    else:
        table = tap_table(kernel, dilation, size, stride)
        if stride == 1:  # correlation with the taps turned round
            input_gradient = depthwise(gradient, taps[::-1], kernel, dilation, size, 1)
        else:
            input_gradient = by_channel(_matrix(rounded_like(window, x), table), 1, gradient, 1)
        by_positions = by_channel(gradient, 2, x, 2, preferred_element_type=jnp.result_type(x, taps))
        by_tap = jnp.matmul(table.reshape(kernel**2, -1), by_positions.reshape(x.shape[0], -1).T)
        window_gradient = by_tap.reshape(kernel, kernel, -1)
    border = (_side(taps) - kernel) // 2
    taps_gradient = jnp.pad(window_gradient, ((border, border), (border, border), (0, 0)))
    return input_gradient, taps_gradient.reshape(taps.shape)


depthwise.defvjp(_forward, _backward)


def _window(taps: jax.Array, kernel: int) -> jax.Array:
    """Returns the taps [kernel, kernel, channels] of a kernel in the centre of its slot."""
    side = _side(taps)
    border = (side - kernel) // 2
    return taps.reshape(side, side, -1)[border : side - border, border : side - border]


def _side(taps: jax.Array) -> int:
    """Returns the side of the square window that taps [side^2, channels] are kept in."""
    return math.isqrt(taps.shape[0])


def _matrix(window: jax.Array, table: np.ndarray) -> jax.Array:
    """Returns the matrices [channels, output positions, input positions] of a window."""
    taps = window.reshape(table.shape[0], -1)
    flat = table.reshape(table.shape[0], -1).astype(taps.dtype)
    return (taps.T @ flat).reshape(-1, *table.shape[1:])


def _by_shifts(x: jax.Array, window: jax.Array, dilation: int, size: int, stride: int) -> jax.Array:
    """Convolves as a sum of shifts, on CPU one channel after another.

    A channel stays in the cache, and XLA cannot merge the shifts with the reshape that a pointwise convolution begins
    with, which makes them much slower. Sums are in the window's type if that of x is smaller, and so are gradients: the
    window's gradient sums thousands of products, and bfloat16 would lose most of them.
    """

    def one_channel(x: jax.Array, window: jax.Array) -> jax.Array:
        reach = dilation * (window.shape[0] - 1) // 2
        wide = x.reshape(size, size, -1).astype(jnp.result_type(x, window))
        padded = jnp.pad(wide, ((reach, reach), (reach, reach), (0, 0)))
        return _sum_of_shifts(padded, window, dilation, output_size(size, stride), stride).astype(x.dtype)

    operands = (x, jnp.moveaxis(window, 2, 0))
    return as_positions(each_channel(one_channel, *operands) if on_cpu() else jax.vmap(one_channel)(*operands))


def _gradients_by_shifts(
    x: jax.Array, window: jax.Array, gradient: jax.Array, dilation: int, size: int, stride: int
) -> tuple[jax.Array, jax.Array]:
    """Returns the gradients of `_by_shifts` for x and for the window [kernel, kernel, channels], on a CPU.

    Both are sums of the same shifted copies of the gradient, over taps and over positions.
    """

    def one_channel(gradient: jax.Array, x: jax.Array, window: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        kernel, out = window.shape[0], output_size(size, stride)
        reach = dilation * (kernel - 1) // 2
        wide = gradient.reshape(out, out, -1).astype(jnp.result_type(x, window))
        # With zeros at the positions that this stride leaves out, the rest is as for stride 1.
        after = reach + size - 1 - stride * (out - 1)
        borders = (reach, after, stride - 1)
        padded = jax.lax.pad(wide, jnp.zeros((), wide.dtype), (borders, borders, (0, 0, 0)))
        # A barrier, or XLA would read the channel out of the whole arrays in every sum, and LLVM does not vectorise a
        # loop whose read and write positions are both data.
        x, padded = jax.lax.optimization_barrier((x.reshape(size, size, -1), padded))
        input_gradient = _sum_of_shifts(padded, window[::-1, ::-1], dilation, size, 1).astype(x.dtype)
        return input_gradient, _window_gradient(x, padded, kernel, dilation)

    input_gradient, sums = each_channel(one_channel, gradient, x, jnp.moveaxis(window, 2, 0))
    window_gradient = sum(jnp.sum(part, 3) for part in sums)
    return as_positions(input_gradient), jnp.moveaxis(window_gradient, 0, 2)[::-1, ::-1]


def _sum_of_shifts(padded: jax.Array, window: jax.Array, dilation: int, out: int, stride: int) -> jax.Array:
    """Correlates a padded map [height, width, batch] with a window [kernel, kernel] to [out, out, batch]."""
    kernel, span = window.shape[0], stride * (out - 1) + 1
    total = jnp.zeros((out, out, padded.shape[-1]), padded.dtype)
    for row in range(kernel):
        for column in range(kernel):
            top, left = row * dilation, column * dilation
            total += window[row, column] * padded[top : top + span : stride, left : left + span : stride]
    return total


def _window_gradient(x: jax.Array, padded: jax.Array, kernel: int, dilation: int) -> tuple[jax.Array, ...]:
    """Returns partial sums [kernel, kernel, batch], each over some rows of x [size, size, batch].

    A term is x at a position times the part of the padded map under the window there. The sums are separate arrays, or
    XLA would make one long sum of them; a large map has a single one, a loop over rows. XLA's gradient of `_by_shifts`
    takes 7 to 15 times as long.
    """
    size, span = x.shape[0], dilation * (kernel - 1) + 1
    parts = -(-size // max(1, TERMS // size))
    rows = -(-size // parts)

    def over(x: jax.Array, padded: jax.Array) -> jax.Array:
        total = jnp.zeros((kernel, kernel, x.shape[-1]), padded.dtype)
        for row in range(x.shape[0]):
            for column in range(size):
                under = padded[row : row + span : dilation, column : column + span : dilation]
                total += x[row, column, None, None] * under
        return total

    if parts <= MOST_SUMS:
        tops = range(0, size, rows)
        return tuple(over(x[top : top + rows], padded[top : top + rows + span - 1]) for top in tops)

    def add(row: jax.Array, total: jax.Array) -> jax.Array:
        of_x = jax.lax.dynamic_slice_in_dim(x, row, 1)
        of_padded = jax.lax.dynamic_slice_in_dim(padded, row, span)
        return total + over(*jax.lax.optimization_barrier((of_x, of_padded)))  # a barrier as for a channel

    start = jnp.zeros((kernel, kernel, x.shape[-1]), padded.dtype)
    return (jax.lax.fori_loop(0, size, add, start),)
