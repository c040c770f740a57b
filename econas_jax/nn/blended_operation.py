"""The eight operations on one edge as a single computation without a branch: which of them it is, is data.

Several candidates that share a device by `vmap` would compute every branch of a switch, each with its own products.
Here what the operations have in common is computed once. All that is linear in space (depthwise convolutions, average
pool, skip) is one matrix a channel, blended from constant tables by the operation; then come a pointwise product and a
normalisation, and once more the same for a separable convolution. The rest is selected.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.layout import Layout, with_layout_constraint

from econas_jax.genotype import SEARCH_OPERATIONS
from econas_jax.nn import spatial
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.search_operations import EdgeShape, Tree, normalise_slot


class _Traits(NamedTuple):
    """What distinguishes the operations: booleans, one of an operation that is data."""

    none: jax.Array
    max_pool: jax.Array
    average_pool: jax.Array
    skip: jax.Array
    separable: jax.Array  # two halves, the others have one at most
    dilated: jax.Array
    small: jax.Array  # a 3x3 kernel


def blended(
    shape: EdgeShape, operation: jax.Array, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    """`edge_operations(shape)[operation](x, parameters, statistics)`, up to rounding."""
    traits = _traits(operation)
    factorized = traits.skip if shape.stride == 2 else jnp.zeros_like(traits.skip)
    convolution = traits.separable | traits.dilated
    normalised = convolution | factorized
    # Slots that are not read are zeros from here on: whatever is computed of them, their gradients are zeros too.
    taps = [
        _used(parameters["depthwise"][0], convolution & _window(traits.small)),
        _used(parameters["depthwise"][1], traits.separable & _window(traits.small)),
    ]
    pointwise = [
        _used(parameters["pointwise"][0], normalised),
        _used(parameters["pointwise"][1], traits.separable),
    ]

    moved = _move(shape, traits, jnp.where(normalised, jax.nn.relu(x), x), taps[0])
    if shape.stride == 2:
        outputs = x.shape[0] // 2  # of a factorized reduce, those that read the same pixels as the other operations
        further = jnp.where(factorized, spatial.halves(jax.nn.relu(x), size=shape.size)[1], moved)
        mixed = jnp.concatenate(
            [spatial.pointwise(pointwise[0][:outputs], moved), spatial.pointwise(pointwise[0][outputs:], further)]
        )
    else:
        mixed = spatial.pointwise(pointwise[0], moved)
    first, new = normalise_slot(shape, parameters, statistics, mixed, 0)
    statistics = _selected(normalised, new, statistics)

    out = spatial.output_size(shape.size, shape.stride)
    mixed = spatial.pointwise(pointwise[1], spatial.depthwise(jax.nn.relu(first), taps[1], 5, 1, out, 1))
    second, new = normalise_slot(shape, parameters, statistics, mixed, 1)
    statistics = _selected(traits.separable, new, statistics)

    y = jnp.where(normalised, jnp.where(traits.separable, second, first), moved)
    y = jnp.where(traits.max_pool, spatial.max_pool(x, size=shape.size, stride=shape.stride), y)
    return jnp.where(traits.none, 0.0, y), statistics


def _traits(operation: jax.Array) -> _Traits:
    """Looked up by the operation's number."""

    def has(*names: str) -> jax.Array:
        return jnp.asarray(np.isin(SEARCH_OPERATIONS, names))[operation]

    return _Traits(
        none=has("none"),
        max_pool=has("max_pool_3x3"),
        average_pool=has("avg_pool_3x3"),
        skip=has("skip_connect"),
        separable=has("sep_conv_3x3", "sep_conv_5x5"),
        dilated=has("dil_conv_3x3", "dil_conv_5x5"),
        small=has("sep_conv_3x3", "dil_conv_3x3"),
    )


def _window(small: jax.Array) -> jax.Array:
    """[SLOT^2, 1]: which taps of the slot a kernel has; all of them, or the 3x3 in its centre."""
    centre = np.zeros((spatial.SLOT, spatial.SLOT), bool)
    centre[1:-1, 1:-1] = True
    return (jnp.asarray(centre.reshape(-1)) | ~small)[:, None]


def _used(values: jax.Array, used: jax.Array) -> jax.Array:
    return jnp.where(used, values, 0.0)


def _selected(condition: jax.Array, chosen: Tree, other: Tree) -> Tree:
    return jax.tree.map(functools.partial(jnp.where, condition), chosen, other)


def _move(shape: EdgeShape, traits: _Traits, x: jax.Array, taps: jax.Array) -> jax.Array:
    """All of the first half that is linear in space: x [channels, size^2, batch] -> [channels, out^2, batch].

    taps [SLOT^2, channels] are zeros where the operation is no convolution.
    """
    size, stride = shape.size, shape.stride
    if size <= spatial.LARGEST_MATRIX_MAP:
        table = _linear_table(size, stride)
        channels = x.shape[0]
        pool_and_skip = jnp.stack([traits.average_pool, traits.skip])[:, None]
        parts = [
            _used(taps, ~traits.dilated),
            _used(taps, traits.dilated),
            jnp.broadcast_to(pool_and_skip, (2, channels)).astype(taps.dtype),
        ]
        weights = jnp.concatenate(parts).astype(x.dtype).T  # [channels, 2 * SLOT^2 + 2]
        if not on_cpu():  # XLA compiles no product for a GPU whose rows are transposed and merged with vmap's axis
            weights = with_layout_constraint(weights, Layout((0, 1)))
        matrix = (weights @ table.reshape(len(table), -1).astype(x.dtype)).reshape(channels, *table.shape[1:])
        return spatial.by_channel(matrix, 2, x, 1)
    plain, dilated = (spatial.depthwise(x, taps, spatial.SLOT, dilation, size, stride) for dilation in (1, 2))
    y = jnp.where(traits.dilated, dilated, plain)
    y = jnp.where(traits.average_pool, spatial.average_pool(x, size=size, stride=stride), y)
    same = x if stride == 1 else spatial.halves(x, size=size)[0]
    return jnp.where(traits.skip, same, y)


@functools.cache
def _linear_table(size: int, stride: int) -> np.ndarray:
    """[2 * SLOT^2 + 2, out^2, size^2]: matrices of the taps, the dilated taps, the average pool, and the skip."""
    # A tap outside the map joins nothing, and so does not count in the mean.
    window = spatial.tap_table(3, 1, size, stride).sum(0, dtype=np.float64)
    pool = window / window.sum(1, keepdims=True)
    same = spatial.tap_table(1, 1, size, stride)
    taps = [spatial.tap_table(spatial.SLOT, dilation, size, stride) for dilation in (1, 2)]
    return np.concatenate([*taps, pool[None], same])
