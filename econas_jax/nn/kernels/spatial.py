"""Spatial operations of the search network, in the layout [channels, positions, batch] with positions = size * size.

The batch is the last axis, so that vector units and products run over it. Depthwise convolutions are in depthwise.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.kernels.indexing import put, take
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.precision import rounded_like, widened

CACHE_BYTES = 2**20  # of a core's own cache


def output_size(size: int, stride: int) -> int:
    """Returns the size of a map after an operation that keeps the size at stride 1."""
    return (size - 1) // stride + 1


def as_map(x: jax.Array, size: int) -> jax.Array:
    """Reshapes [channels, positions, batch] to [channels, height, width, batch]."""
    return x.reshape(x.shape[0], size, size, x.shape[-1])


def as_positions(x: jax.Array) -> jax.Array:
    """Reshapes [channels, height, width, batch] to [channels, positions, batch]."""
    return x.reshape(x.shape[0], -1, x.shape[-1])


def by_channel(left: jax.Array, left_axis: int, right: jax.Array, right_axis: int, **options: Any) -> jax.Array:
    """Returns a product for each channel, summed over an axis of both; `einsum` takes JAX longer to trace."""
    return jax.lax.dot_general(left, right, (((left_axis,), (right_axis,)), ((0,), (0,))), **options)


def each_channel(function: Callable[..., Any], *operands: jax.Array) -> Any:
    """Calls function(x[0], ...), function(x[1], ...) and so on, one after the other; it cannot be differentiated.

    operands: x and others, each with an axis of channels first, as the returned array or arrays have. `jax.lax.map`
    would start from zeros. XLA merges all zero arrays of one size and copies the result for each loop long before the
    loop runs, when it is out of the cache again. So each loop starts from numbers of x, an array of its own.
    """
    results = jax.eval_shape(function, *(operand[0] for operand in operands))
    x = operands[0]
    number = x[(0,) * x.ndim]
    start = jax.tree.map(lambda leaf: jnp.broadcast_to(number.astype(leaf.dtype), (x.shape[0], *leaf.shape)), results)

    def body(channel: jax.Array, written: Any) -> Any:
        return put(written, function(*take(operands, channel)), channel)

    return jax.lax.fori_loop(0, x.shape[0], body, start)


def average_pool(x: jax.Array, *, size: int, stride: int) -> jax.Array:
    """Applies a 3x3 average pool with padding 1 that does not count in the mean: a pass over rows, one over columns."""
    return _pool(_average_pool, x, size, stride)


def max_pool(x: jax.Array, *, size: int, stride: int) -> jax.Array:
    """Applies a 3x3 max pool with padding 1, as a pass over rows and one over columns: 3 + 3 comparisons, not 9."""
    return _pool(_max_pool, x, size, stride)


Pool = Callable[[jax.Array, int, int], jax.Array]  # of x, the map's size and the stride


def _pool(pool: Pool, x: jax.Array, size: int, stride: int) -> jax.Array:
    """Applies a pool, on CPU to one channel after another where all of them together leave the cache.

    Measured on 36 channels of 32x32, batch 96, one core of an AMD EPYC (Zen 4), ms as a whole and by channel: a max
    pool 5.3 and 3.2, its gradient 48 and 7.5; an average pool 4.6 and 3.2, its gradient 4.5 and 3.3.
    """
    whole = not on_cpu() or x.size * x.dtype.itemsize <= CACHE_BYTES
    return pool(x, size, stride) if whole else _pool_by_channel(pool, x, size, stride)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 2, 3))
def _pool_by_channel(pool: Pool, x: jax.Array, size: int, stride: int) -> jax.Array:
    pooled: jax.Array = each_channel(lambda channel: pool(channel[None], size, stride)[0], x)
    return pooled


def _pool_by_channel_backward(
    pool: Pool, size: int, stride: int, x: jax.Array, gradient: jax.Array
) -> tuple[jax.Array]:
    def one_channel(x: jax.Array, gradient: jax.Array) -> jax.Array:
        # A barrier, or XLA would read the channel out of the whole arrays in every pass.
        x, gradient = jax.lax.optimization_barrier((x, gradient))
        of_x: jax.Array = jax.vjp(lambda x: pool(x[None], size, stride)[0], x)[1](gradient)[0]
        return of_x

    return (each_channel(one_channel, x, gradient),)


_pool_by_channel.defvjp(
    lambda pool, x, size, stride: (_pool_by_channel(pool, x, size, stride), x), _pool_by_channel_backward
)


def _average_pool(x: jax.Array, size: int, stride: int) -> jax.Array:
    image = as_map(widened(x), size)
    totals = _sums_of_nine(image) if stride == 1 else _two_passes(jnp.add, 0.0, image, stride)
    first = stride * np.arange(output_size(size, stride)) - 1
    counts = np.minimum(first + 3, size) - np.maximum(first, 0)  # pixels of the map in each window, along one axis
    means = totals * (1.0 / np.outer(counts, counts)).astype(totals.dtype)[None, :, :, None]
    return as_positions(means.astype(x.dtype))


@jax.custom_vjp
def _sums_of_nine(x: jax.Array) -> jax.Array:
    """Sums each element and its neighbours. Neighbours are mutual, so the gradient is the same sums."""
    return _two_passes(jnp.add, 0.0, x, 1)


_sums_of_nine.defvjp(lambda x: (_sums_of_nine(x), None), lambda _, gradient: (_sums_of_nine(gradient),))


def _max_pool(x: jax.Array, size: int, stride: int) -> jax.Array:
    if stride == 1:
        return as_positions(_max_of_three(_max_of_three(as_map(x, size), 1), 2))
    return as_positions(_two_passes(_larger, -jnp.inf, as_map(x, size), stride))


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _max_of_three(x: jax.Array, axis: int) -> jax.Array:
    return _pass_of_three(_larger, -jnp.inf, x, axis, 1)


def _max_of_three_backward(axis: int, x: jax.Array, gradient: jax.Array) -> tuple[jax.Array]:
    """Gives each element the gradients of the windows that it wins, as their first, middle or last element."""
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
    """Returns the maximum; for equal values the first gets the whole gradient (jnp.maximum shares it, at more cost)."""
    return jnp.where(first >= second, first, second)


def _two_passes(
    combine: Callable[[jax.Array, jax.Array], jax.Array], padding: float, x: jax.Array, stride: int
) -> jax.Array:
    """Combines the nine elements of each window of [channels, height, width, batch]."""
    rows = _pass_of_three(combine, padding, x, 1, stride)
    return _pass_of_three(combine, padding, rows, 2, stride)


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
    """Returns the even positions of both axes, and those one pixel on: a factorized reduce's samples (size is even)."""
    image = as_map(x, size)
    return as_positions(image[:, ::2, ::2]), as_positions(image[:, 1::2, 1::2])


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def halves_of_relu(x: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
    """Returns `halves` of relu(x), on CPU one channel after another.

    XLA would merge the choice of positions with the reshape that a 1x1 convolution begins with, and then divide to find
    the place of every eight numbers.
    """
    if not on_cpu():
        return halves(jax.nn.relu(x), size=size)
    here, further = each_channel(lambda channel: halves(jax.nn.relu(channel)[None], size=size), x)
    return here[:, 0], further[:, 0]


def _halves_of_relu_backward(size: int, x: jax.Array, gradients: tuple[jax.Array, jax.Array]) -> tuple[jax.Array]:
    _, back = jax.vjp(lambda x: halves(jax.nn.relu(x), size=size), x)
    x_gradient: tuple[jax.Array] = back(gradients)
    return x_gradient


halves_of_relu.defvjp(lambda x, size: (halves_of_relu(x, size), x), _halves_of_relu_backward)


@jax.custom_vjp
def pointwise(weights: jax.Array, x: jax.Array) -> jax.Array:
    """Applies a 1x1 convolution with weights [outputs, inputs]: [inputs, positions, batch] -> [outputs, ...]."""
    product = rounded_like(weights, x) @ x.reshape(x.shape[0], -1)
    return product.reshape(weights.shape[0], *x.shape[1:])


def pointwise_backward(residuals: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns the gradients of `pointwise` for its weights and x, which are the residuals."""
    weights, x = residuals
    flat = gradient.reshape(gradient.shape[0], -1)
    along_samples = (((1,), (1,)), ((), ()))
    weights_gradient = jax.lax.dot_general(
        flat, x.reshape(x.shape[0], -1), along_samples, preferred_element_type=jnp.result_type(x, weights)
    )
    # A barrier: with the transpose merged into it the product is slower.
    return weights_gradient, pointwise(jax.lax.optimization_barrier(weights.T), gradient)


pointwise.defvjp(lambda weights, x: (pointwise(weights, x), (weights, x)), pointwise_backward)
