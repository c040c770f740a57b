"""Spatial operations of the search network, in the layout [channels, positions, batch] with positions = size * size.

The batch is the last axis, so that vector units and products run over it. A depthwise convolution of any kernel, stride
and dilation is applied in one of two ways (`by_shifts` chooses). As a matrix per channel between input and output
positions, built from the taps by a constant 0/1 table: its gradients are products too. Or as shifted copies of the map,
where the matrix is too large. XLA's own grouped convolution is 10 to 50 times slower on CPU (its weight gradient is a
dense convolution), and inside a branch on GPU it forces the host to wait.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.indexing import read, write
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.precision import rounded_like, widened

SLOT = 5  # taps are kept in a SLOT x SLOT window; a 3x3 kernel uses its centre
LARGEST_MATRIX_MAP = 8  # above it a matrix has never been faster, for weight gradients neither


def by_shifts(kernel: int, dilation: int, size: int) -> bool:
    """Whether a depthwise convolution is applied as shifts.

    Measured: ReLU, depthwise and pointwise convolution, batch 384, one core of an AMD EPYC (Zen 4), ms as a matrix and
    as shifts (benchmarks/depthwise.py).

    | channels, map | 3x3          | dilated 3x3  | 5x5          | dilated 5x5  |
    | ------------- | ------------ | ------------ | ------------ | ------------ |
    | 9, 8x8        | 0.36 or 0.16 | 0.35 or 0.18 | 0.36 or 0.29 | 0.36 or 0.38 |
    | 18, 4x4       | 0.09 or 0.10 | 0.09 or 0.11 | 0.09 or 0.17 | 0.09 or 0.15 |
    | 36, 2x2       | 0.05 or 0.07 | 0.05 or 0.05 | 0.05 or 0.09 | 0.06 or 0.06 |

    Dilated convolutions of even maps are undilated when they come here (parity.py). Nothing of the table was measured
    on an accelerator: there a 5x5 stays a matrix, for large products cost it least.
    """
    shifts_win = kernel == 3 or (dilation == 1 and on_cpu())
    return size > LARGEST_MATRIX_MAP or (size > 4 and shifts_win)


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


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4, 5))
def depthwise(x: jax.Array, taps: jax.Array, kernel: int, dilation: int, size: int, stride: int) -> jax.Array:
    """Depthwise convolution of x [channels, size^2, batch] with taps [SLOT^2, channels] -> [channels, out^2, batch]."""
    window = _window(taps, kernel)
    if by_shifts(kernel, dilation, size):
        return _depthwise_by_shifts(x, window, dilation, size, stride)
    matrix = _matrix(rounded_like(window, x), tap_table(kernel, dilation, size, stride))
    return by_channel(matrix, 2, x, 1)


def _depthwise_forward(
    x: jax.Array, taps: jax.Array, kernel: int, dilation: int, size: int, stride: int
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return depthwise(x, taps, kernel, dilation, size, stride), (x, taps)


def _depthwise_backward(
    kernel: int, dilation: int, size: int, stride: int, residuals: tuple[jax.Array, jax.Array], gradient: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, taps = residuals
    window = _window(taps, kernel)
    if size > LARGEST_MATRIX_MAP:
        shifts = functools.partial(
            _depthwise_by_shifts, dilation=dilation, size=size, stride=stride, differentiated=True
        )
        input_gradient, window_gradient = jax.vjp(shifts, x, window)[1](gradient)
    else:
        table = tap_table(kernel, dilation, size, stride)
        if stride == 1:  # correlation with the taps turned round
            input_gradient = depthwise(gradient, taps[::-1], kernel, dilation, size, 1)
        else:
            input_gradient = by_channel(_matrix(rounded_like(window, x), table), 1, gradient, 1)
        by_positions = by_channel(gradient, 2, x, 2, preferred_element_type=jnp.result_type(x, taps))
        window_gradient = table.reshape(kernel**2, -1) @ by_positions.reshape(x.shape[0], -1).T
    border = (SLOT - kernel) // 2
    window_gradient = window_gradient.reshape(kernel, kernel, -1)
    taps_gradient = jnp.pad(window_gradient, ((border, border), (border, border), (0, 0)))
    return input_gradient, taps_gradient.reshape(taps.shape)


depthwise.defvjp(_depthwise_forward, _depthwise_backward)


def by_channel(left: jax.Array, left_axis: int, right: jax.Array, right_axis: int, **options: Any) -> jax.Array:
    """A product for each channel, summed over an axis of both; `einsum` takes JAX longer to trace."""
    return jax.lax.dot_general(left, right, (((left_axis,), (right_axis,)), ((0,), (0,))), **options)


def _window(taps: jax.Array, kernel: int) -> jax.Array:
    """The taps [kernel, kernel, channels] of a kernel in the centre of its slot."""
    border = (SLOT - kernel) // 2
    return taps.reshape(SLOT, SLOT, -1)[border : SLOT - border, border : SLOT - border]


def _matrix(window: jax.Array, table: np.ndarray) -> jax.Array:
    """[channels, output positions, input positions]."""
    taps = window.reshape(table.shape[0], -1)
    flat = table.reshape(table.shape[0], -1).astype(taps.dtype)
    return (taps.T @ flat).reshape(-1, *table.shape[1:])


def _depthwise_by_shifts(
    x: jax.Array, window: jax.Array, dilation: int, size: int, stride: int, differentiated: bool = False
) -> jax.Array:
    """On CPU one channel after another: it stays in the cache, and XLA cannot merge the shifts with the reshape that a
    pointwise convolution begins with, which makes them much slower.

    All is summed in the window's type, if that of x is smaller, and so are gradients: bfloat16 would lose most of the
    sums of thousands of products that the window's gradient is.
    """

    def one_channel(x: jax.Array, window: jax.Array) -> jax.Array:
        kernel, out = window.shape[0], output_size(size, stride)
        reach = dilation * (kernel - 1) // 2
        wide = x.reshape(size, size, -1).astype(jnp.result_type(x, window))
        padded = jnp.pad(wide, ((reach, reach), (reach, reach), (0, 0)))
        span = stride * (out - 1) + 1
        total = jnp.zeros((out, out, x.shape[-1]), wide.dtype)
        for row in range(kernel):
            for column in range(kernel):
                top, left = row * dilation, column * dilation
                total += window[row, column] * padded[top : top + span : stride, left : left + span : stride]
        return total.astype(x.dtype)

    operands = (x, jnp.moveaxis(window, 2, 0))
    if not on_cpu():
        return as_positions(jax.vmap(one_channel)(*operands))
    if differentiated:
        return as_positions(jax.lax.map(lambda channel: one_channel(*channel), operands))
    return as_positions(each_channel(one_channel, *operands))


def each_channel(function: Callable[..., jax.Array], x: jax.Array, *others: jax.Array) -> jax.Array:
    """function(x[0], ...), function(x[1], ...) and so on, one after the other; not to be differentiated.

    `jax.lax.map` begins with zeros. All zeros of a size are one array to XLA, of which it makes a copy for each loop,
    long before the loop runs. Numbers of x are an array of each loop's own.
    """
    result = jax.eval_shape(function, x[0], *(other[0] for other in others))
    start = jnp.broadcast_to(x[(0,) * x.ndim].astype(result.dtype), (x.shape[0], *result.shape))

    def body(channel: jax.Array, written: jax.Array) -> jax.Array:
        return write(written, function(read(x, channel), *(read(other, channel) for other in others)), channel)

    return jax.lax.fori_loop(0, x.shape[0], body, start)


def average_pool(x: jax.Array, *, size: int, stride: int) -> jax.Array:
    """3x3 average pool, padding 1 that does not count in the mean, as a pass over rows and one over columns."""
    rows = _pass_of_three(jnp.add, 0.0, as_map(widened(x), size), 1, stride)
    totals = _pass_of_three(jnp.add, 0.0, rows, 2, stride)
    first = stride * np.arange(output_size(size, stride)) - 1
    counts = np.minimum(first + 3, size) - np.maximum(first, 0)  # pixels of the map in each window, along one axis
    means = totals * (1.0 / np.outer(counts, counts)).astype(totals.dtype)[None, :, :, None]
    return as_positions(means.astype(x.dtype))


def max_pool(x: jax.Array, *, size: int, stride: int) -> jax.Array:
    """3x3 max pool, padding 1 with -inf, as a pass over rows and one over columns: 3 + 3 comparisons instead of 9."""
    if stride == 1:
        return as_positions(_max_of_three(_max_of_three(as_map(x, size), 1), 2))
    rows = _pass_of_three(_larger, -jnp.inf, as_map(x, size), 1, stride)
    return as_positions(_pass_of_three(_larger, -jnp.inf, rows, 2, stride))


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _max_of_three(x: jax.Array, axis: int) -> jax.Array:
    return _pass_of_three(_larger, -jnp.inf, x, axis, 1)


def _max_of_three_backward(axis: int, x: jax.Array, gradient: jax.Array) -> tuple[jax.Array]:
    """Each element gets the gradients of the windows it wins: as their first, middle or last element."""
    size = x.shape[axis]

    def shifted(values: jax.Array, padding: float) -> Callable[[int], jax.Array]:
        widths = [(2, 2) if dimension == axis else (0, 0) for dimension in range(x.ndim)]
        padded = jnp.pad(values, widths, constant_values=padding)
        return lambda offset: jax.lax.slice_in_dim(padded, 2 + offset, 2 + offset + size, axis=axis)

    at, gradient_at = shifted(x, -jnp.inf), shifted(gradient, 0.0)
    as_first = x >= _larger(at(1), at(2))
    as_middle = (x > at(-1)) & (x >= at(1))
    as_last = x > _larger(at(-2), at(-1))
    parts = ((as_first, 1), (as_middle, 0), (as_last, -1))
    return (sum((jnp.where(wins, gradient_at(offset), 0.0) for wins, offset in parts), jnp.zeros_like(x)),)


_max_of_three.defvjp(lambda x, axis: (_max_of_three(x, axis), x), _max_of_three_backward)


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


@jax.custom_vjp
def pointwise(weights: jax.Array, x: jax.Array) -> jax.Array:
    """1x1 convolution: weights [outputs, inputs], x [inputs, positions, batch] -> [outputs, positions, batch]."""
    product = rounded_like(weights, x) @ x.reshape(x.shape[0], -1)
    return product.reshape(weights.shape[0], *x.shape[1:])


def _pointwise_backward(residuals: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    weights, x = residuals
    flat = gradient.reshape(gradient.shape[0], -1)
    along_samples = (((1,), (1,)), ((), ()))
    weights_gradient = jax.lax.dot_general(
        flat, x.reshape(x.shape[0], -1), along_samples, preferred_element_type=jnp.result_type(x, weights)
    )
    # A barrier: with the transpose merged into it the product is slower.
    return weights_gradient, pointwise(jax.lax.optimization_barrier(weights.T), gradient)


pointwise.defvjp(lambda weights, x: (pointwise(weights, x), (weights, x)), _pointwise_backward)
