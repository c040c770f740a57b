"""Any of the eight operations on one edge, as a single computation without a branch: the operation is data.

Several candidates that share a device by `vmap` would compute every branch of a switch, each with its own products.
Here what the operations have in common is computed once. Everything that is linear in space (depthwise convolutions,
average pool, skip) is one matrix a channel, blended from constant tables by the operation; then come a pointwise
product and a normalisation, and the same once more for a separable convolution. The rest is selected.

Whether an edge of a reduction cell reads an input, at stride 2, or a node is data too. Only what comes before the first
pointwise product is computed for both.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.darts.engine.blended_parameters import TAPS, Choice, Shapes, Traits, traits_of, unpack
from econas_jax.nn.darts.engine.operations import Arrays, EdgeShape, normalise_slot
from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.depthwise import LARGEST_MATRIX_MAP, SLOT, depthwise, tap_table
from econas_jax.nn.precision import rounded_like


class _Start(NamedTuple):
    """The values before the first pointwise product, each [channels, out^2, batch]."""

    moved: jax.Array  # by everything that is linear in space
    further: jax.Array  # what the second half of a factorized reduce's outputs reads; else the same
    pooled: jax.Array


def blended(
    shapes: Shapes, choice: Choice, states: Sequence[jax.Array], parameters: Arrays, statistics: Arrays
) -> tuple[jax.Array, Arrays]:
    """Computes `edge_operations(shapes[source])[operation](states[source], parameters, statistics)`, up to rounding.

    shapes: one, or two: the first has stride 2, the second the size of the output; parameters: packed. A state that is
    not read may hold anything, NaN too.
    """
    traits, given = traits_of(shapes, choice), unpack(parameters)
    lines = {"scale": given.scale, "bias": given.bias}
    starts = [
        _start(shape, traits, choice.source == place if len(shapes) > 1 else None, x, given.linear)
        for place, (shape, x) in enumerate(zip(shapes, states, strict=True))
    ]
    moved, further, pooled = _of_read(choice.source > 0, starts)
    if shapes[0].stride == 1:
        mixed = spatial.pointwise(given.pointwise[0], moved)
    else:
        half = moved.shape[0] // 2
        kernels = given.pointwise[0][:half], given.pointwise[0][half:]
        mixed = jnp.concatenate([spatial.pointwise(kernels[0], moved), spatial.pointwise(kernels[1], further)])
    inner = shapes[0]._replace(size=spatial.output_size(shapes[0].size, shapes[0].stride), stride=1)
    first, new = normalise_slot(inner, lines, statistics, mixed, 0)
    statistics = _selected(traits.normalised, new, statistics)

    mixed = spatial.pointwise(given.pointwise[1], _depthwise(inner, jax.nn.relu(first), given.taps))
    second, new = normalise_slot(inner, lines, statistics, mixed, 1)
    statistics = _selected(traits.separable, new, statistics)

    y = jnp.where(traits.normalised, jnp.where(traits.separable, second, first), moved)
    y = jnp.where(traits.max_pool, pooled, y)
    return jnp.where(traits.none, 0.0, y), statistics


def _start(shape: EdgeShape, traits: Traits, read: jax.Array | None, x: jax.Array, weights: jax.Array) -> _Start:
    """Computes the start from x [channels, size^2, batch]; read: whether the edge reads x, where that is data."""
    entered = _relu_where(traits.normalised, x)  # which is x where it is pooled
    if read is not None:
        entered = jnp.where(read, entered, 0.0)
    moved = further = _move(shape, traits, entered, weights)
    if shape.stride == 2:
        further = jnp.where(traits.factorized, spatial.halves(entered, size=shape.size)[1], moved)
    return _Start(moved, further, spatial.max_pool(entered, size=shape.size, stride=shape.stride))


def _of_read(of_second: jax.Array, starts: Sequence[_Start]) -> _Start:
    """Selects the start of the state that is read."""
    first, *others = starts
    for second in others:
        first = jax.tree.map(functools.partial(jnp.where, of_second), second, first)
    return first


@jax.custom_vjp
def _relu_where(condition: jax.Array, x: jax.Array) -> jax.Array:
    """Applies ReLU where the condition holds.

    The gradient is computed from the output instead of x, so x need not be kept.
    """
    return jnp.where(condition, jax.nn.relu(x), x)


def _relu_where_backward(residuals: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[None, jax.Array]:
    condition, y = residuals
    return None, jnp.where(condition & (y <= 0), 0.0, gradient)


def _relu_where_forward(condition: jax.Array, x: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    y = _relu_where(condition, x)
    return y, (condition, y)


_relu_where.defvjp(_relu_where_forward, _relu_where_backward)


def _selected(condition: jax.Array, chosen: Arrays, other: Arrays) -> Arrays:
    return jax.tree.map(functools.partial(jnp.where, condition), chosen, other)


def _depthwise(shape: EdgeShape, x: jax.Array, taps: jax.Array) -> jax.Array:
    """Applies a depthwise 5x5 convolution with taps [channels, TAPS]."""
    if shape.size <= LARGEST_MATRIX_MAP:
        return _blend(functools.partial(tap_table, SLOT, 1, shape.size, 1), taps, x)
    return depthwise(x, taps.T, SLOT, 1, shape.size, 1)


def _move(shape: EdgeShape, traits: Traits, x: jax.Array, weights: jax.Array) -> jax.Array:
    """Applies all of the first half that is linear in space: [channels, size^2, batch] -> [channels, out^2, batch]."""
    size, stride = shape.size, shape.stride
    if size <= LARGEST_MATRIX_MAP:
        return _blend(functools.partial(_linear_table, size, stride), weights, x)
    taps = weights[:, :TAPS].T, weights[:, TAPS : 2 * TAPS].T
    plain, dilated = (depthwise(x, taps[i], SLOT, 1 + i, size, stride) for i in range(2))
    y = jnp.where(traits.dilated, dilated, plain)
    y = jnp.where(traits.average_pool, spatial.average_pool(x, size=size, stride=stride), y)
    same = x if stride == 1 else spatial.halves(x, size=size)[0]
    return jnp.where(traits.skip, same, y)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _blend(table: Callable[[], np.ndarray], weights: jax.Array, x: jax.Array) -> jax.Array:
    """Multiplies x [channels, positions, batch] by a matrix for each channel.

    That is the sum of the table's matrices with weights [channels, entries]. The gradient of weights is a sum over the
    batch, so it has their type where that of x is smaller.
    """
    return spatial.by_channel(_matrix(table(), weights, x), 2, x, 1)


def _matrix(table: np.ndarray, weights: jax.Array, x: jax.Array) -> jax.Array:
    flat = table.reshape(len(table), -1).astype(x.dtype)
    return (rounded_like(weights, x) @ flat).reshape(-1, *table.shape[1:])


def _blend_forward(
    table: Callable[[], np.ndarray], weights: jax.Array, x: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _blend(table, weights, x), (weights, x)


def _blend_backward(
    table: Callable[[], np.ndarray], residuals: tuple[jax.Array, jax.Array], gradient: jax.Array
) -> tuple[jax.Array, jax.Array]:
    weights, x = residuals
    matrix_gradient = spatial.by_channel(gradient, 2, x, 2, preferred_element_type=jnp.result_type(x, weights))
    flat = table().reshape(len(table()), -1).astype(matrix_gradient.dtype)
    x_gradient = spatial.by_channel(_matrix(table(), weights, x), 1, gradient, 1)
    return matrix_gradient.reshape(x.shape[0], -1) @ flat.T, x_gradient


_blend.defvjp(_blend_forward, _blend_backward)


@functools.cache
def _linear_table(size: int, stride: int) -> np.ndarray:
    """Returns the matrices of taps, dilated taps, average pool and skip: [2 * SLOT^2 + 2, out^2, size^2]."""
    # A tap outside the map joins nothing, so it does not count in the mean.
    window = tap_table(3, 1, size, stride).sum(0, dtype=np.float64)
    pool = window / window.sum(1, keepdims=True)
    same = tap_table(1, 1, size, stride)
    taps = [tap_table(SLOT, dilation, size, stride) for dilation in (1, 2)]
    return np.concatenate([*taps, pool[None], same])
