"""The ten operations of the DARTS and NASNet spaces in the layout [channels, positions, batch].

They take the variables of the plain modules (`layers.operations`) by name and compute the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.layers import Tree, halving_product, kept, normalised, weights_of
from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.patches import convolve_patches
from econas_jax.nn.kernels.separable import in_order, separable_product


class EdgeShape(NamedTuple):
    """The static side of an edge: the map's size, the stride, and whether batch statistics are used."""

    size: int
    stride: int
    train: bool


Operation = Callable[[EdgeShape, jax.Array, Tree, Tree], tuple[jax.Array, Tree]]


def _none(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    out = spatial.output_size(shape.size, shape.stride)
    return jnp.zeros((x.shape[0], out * out, x.shape[2]), x.dtype), {}


def _max_pool(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    return spatial.max_pool(x, size=shape.size, stride=shape.stride), {}


def _average_pool(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    return spatial.average_pool(x, size=shape.size, stride=shape.stride), {}


def _skip(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    if shape.stride == 1:
        return x, {}
    name = "FactorizedReduce_0"
    product = kept(halving_product(parameters[name], x, shape.size))
    y, new = normalised(parameters[name], statistics[name], product, shape.train)
    return y, {name: new}


def _separable(
    kernel: int, dilation: int, repeats: int, shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    size, stride, new = shape.size, shape.stride, {}
    for repeat in range(repeats):
        taps = parameters[f"Conv_{2 * repeat}"]["kernel"].reshape(kernel**2, -1)
        weights = weights_of(parameters, f"Conv_{2 * repeat + 1}")
        product = kept(separable_product(x, taps, weights, kernel, dilation, size, stride))
        y, used = normalised(parameters, statistics, product, shape.train, f"BatchNorm_{repeat}")
        new |= used
        x = in_order(y, dilation, size, stride)
        size, stride = spatial.output_size(size, stride), 1
    return x, new


def _conv_7x1_1x7(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    size, stride = shape.size, shape.stride
    x = spatial.as_map(jax.nn.relu(x), size)
    along_rows = kept(convolve_patches(x, parameters["Conv_0"]["kernel"], (1, stride)))
    product = kept(convolve_patches(along_rows, parameters["Conv_1"]["kernel"], (stride, 1)))
    return normalised(parameters, statistics, spatial.as_positions(product), shape.train)


_OPERATIONS: dict[str, Operation] = {
    "none": _none,
    "max_pool_3x3": _max_pool,
    "avg_pool_3x3": _average_pool,
    "skip_connect": _skip,
    "sep_conv_3x3": functools.partial(_separable, 3, 1, 2),
    "sep_conv_5x5": functools.partial(_separable, 5, 1, 2),
    "sep_conv_7x7": functools.partial(_separable, 7, 1, 2),
    "dil_conv_3x3": functools.partial(_separable, 3, 2, 1),
    "dil_conv_5x5": functools.partial(_separable, 5, 2, 1),
    "conv_7x1_1x7": _conv_7x1_1x7,
}


def apply_operation(
    name: str, shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    """Maps x [channels, size^2, batch] to [channels, out^2, batch], with the statistics that the operation used."""
    return _OPERATIONS[name](shape, x, parameters, statistics)
