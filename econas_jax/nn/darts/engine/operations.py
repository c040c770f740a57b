"""The eight operations of the search space on one edge of the search network, all with one signature.

An edge owns a union of parameters, sized for the largest operation, so that every genotype's states have one shape:
`depthwise` [2, 25, channels] (5x5 taps), `pointwise` [2, channels, channels], `scale` and `bias` [2, channels]. The
leading 2 are the halves of a separable convolution; a dilated convolution and a stride-2 skip use the first. Slots that
an operation does not read get zero gradients.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.batch_norm import normalise
from econas_jax.nn.kernels.separable import filtered, in_order
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

Arrays = dict[str, jax.Array]
Group = dict[str, Arrays]
EdgeOperation = Callable[[jax.Array, Arrays, Arrays], tuple[jax.Array, Arrays]]


class EdgeShape(NamedTuple):
    """The static side of an edge: the map's size, the stride, and whether batch statistics are used.

    statistics_given: the statistics passed to an operation are this batch's already, from its forward pass.
    """

    size: int
    stride: int
    train: bool
    statistics_given: bool = False


def _none(shape: EdgeShape, x: jax.Array, parameters: Arrays, statistics: Arrays) -> tuple[jax.Array, Arrays]:
    out = spatial.output_size(shape.size, shape.stride)
    return jnp.zeros((x.shape[0], out * out, x.shape[2]), x.dtype), statistics


def _max_pool(shape: EdgeShape, x: jax.Array, parameters: Arrays, statistics: Arrays) -> tuple[jax.Array, Arrays]:
    return spatial.max_pool(x, size=shape.size, stride=shape.stride), statistics


def _average_pool(shape: EdgeShape, x: jax.Array, parameters: Arrays, statistics: Arrays) -> tuple[jax.Array, Arrays]:
    return spatial.average_pool(x, size=shape.size, stride=shape.stride), statistics


def _skip(shape: EdgeShape, x: jax.Array, parameters: Arrays, statistics: Arrays) -> tuple[jax.Array, Arrays]:
    if shape.stride == 1:
        return x, statistics
    halved = factorized_pointwise(parameters["pointwise"][0], x, size=shape.size)
    return normalise_slot(shape, parameters, statistics, halved)


def factorized_pointwise(weights: jax.Array, x: jax.Array, *, size: int) -> jax.Array:
    """Applies a factorized reduce's convolutions: half of the outputs read relu(x), half relu(x) one pixel on."""
    here, shifted = spatial.halves_of_relu(x, size)
    half = weights.shape[0] // 2
    return jnp.concatenate([spatial.pointwise(weights[:half], here), spatial.pointwise(weights[half:], shifted)])


def _separable(
    kernel: int, dilation: int, repeats: int, shape: EdgeShape, x: jax.Array, parameters: Arrays, statistics: Arrays
) -> tuple[jax.Array, Arrays]:
    size, stride = shape.size, shape.stride
    for slot in range(repeats):
        taps, weights = parameters["depthwise"][slot], parameters["pointwise"][slot]
        product = spatial.pointwise(weights, filtered(x, taps, kernel, dilation, size, stride))
        x, statistics = normalise_slot(shape, parameters, statistics, product, slot)
        x = in_order(x, dilation, size, stride)
        size, stride = spatial.output_size(size, stride), 1
    return x, statistics


def normalise_slot(
    shape: EdgeShape, parameters: Arrays, statistics: Arrays, x: jax.Array, slot: int = 0
) -> tuple[jax.Array, Arrays]:
    """Normalises x with one slot's parameters and puts that slot's new statistics among the edge's."""
    scale, bias = parameters["scale"][slot], parameters["bias"][slot]
    mean, variance = statistics["mean"][slot], statistics["variance"][slot]
    x, (mean, variance) = normalise(x, scale, bias, mean, variance, shape.train, shape.statistics_given)
    updated = {  # not by .at[].set: a scatter is traced slower
        "mean": jax.lax.dynamic_update_index_in_dim(statistics["mean"], mean, slot, axis=0),
        "variance": jax.lax.dynamic_update_index_in_dim(statistics["variance"], variance, slot, axis=0),
    }
    return x, updated


_OPERATIONS: dict[str, Callable[..., tuple[jax.Array, Arrays]]] = {
    "none": _none,
    "max_pool_3x3": _max_pool,
    "avg_pool_3x3": _average_pool,
    "skip_connect": _skip,
    "sep_conv_3x3": functools.partial(_separable, 3, 1, 2),
    "sep_conv_5x5": functools.partial(_separable, 5, 1, 2),
    "dil_conv_3x3": functools.partial(_separable, 3, 2, 1),
    "dil_conv_5x5": functools.partial(_separable, 5, 2, 1),
}


def edge_operations(shape: EdgeShape) -> list[EdgeOperation]:
    """Returns the operations in the order of their encoding (`genotype.SEARCH_OPERATIONS`), for edges of one shape.

    Each maps (x [channels, size^2, batch], parameters, statistics) to (y [channels, out^2, batch], statistics); the
    returned statistics are the batch's where the operation normalises in training, and the given ones elsewhere.
    """
    return [functools.partial(_OPERATIONS[name], shape) for name in SEARCH_OPERATIONS]
