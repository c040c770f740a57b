"""The ten operations of the DARTS and NASNet spaces in the layout [channels, positions, batch].

They take the variables of the plain modules (`layers.operations`) by name and compute the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.layers import Tree, dense_product, halving_product, normalised, weights_of
from econas_jax.nn.darts.batch_last.tape import Kept, Tape
from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.separable import filtered, in_order


class EdgeShape(NamedTuple):
    """The static side of an edge: the map's size, the stride, and whether batch statistics are used."""

    size: int
    stride: int
    train: bool


Operation = Callable[[EdgeShape, Tape, jax.Array, Tree, Tree], tuple[jax.Array, Tree]]


def _none(shape: EdgeShape, tape: Tape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    out = spatial.output_size(shape.size, shape.stride)
    return jnp.zeros((x.shape[0], out * out, x.shape[2]), x.dtype), {}


def _max_pool(shape: EdgeShape, tape: Tape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    return spatial.max_pool(x, size=shape.size, stride=shape.stride), {}


def _average_pool(
    shape: EdgeShape, tape: Tape, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    return spatial.average_pool(x, size=shape.size, stride=shape.stride), {}


def _skip(shape: EdgeShape, tape: Tape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    if shape.stride == 1:
        return x, {}
    name = "FactorizedReduce_0"
    product = halving_product(tape, parameters[name], x, shape.size)
    y, new = normalised(tape, parameters[name], statistics[name], product, shape.train)
    return y, {name: new}


def _separable(
    kernel: int,
    dilation: int,
    repeats: int,
    shape: EdgeShape,
    tape: Tape,
    x: jax.Array,
    parameters: Tree,
    statistics: Tree,
) -> tuple[jax.Array, Tree]:
    size, stride = shape.size, shape.stride
    new: Tree = {}
    for repeat in range(repeats):
        taps = parameters[f"Conv_{2 * repeat}"]["kernel"].reshape(kernel**2, -1)
        weights = weights_of(parameters, f"Conv_{2 * repeat + 1}")
        product = tape.pointwise(weights, filtered(x, taps, kernel, dilation, size, stride))
        y, used = normalised(tape, parameters, statistics, product, shape.train, f"BatchNorm_{repeat}")
        new |= used
        x = in_order(y, dilation, size, stride)
        size, stride = spatial.output_size(size, stride), 1
    return x, new


def _conv_7x1_1x7(
    shape: EdgeShape, tape: Tape, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    image = spatial.as_map(jax.nn.relu(x), shape.size)
    along_rows = dense_product(tape, parameters, "Conv_0", image, (1, shape.stride))
    product = dense_product(tape, parameters, "Conv_1", along_rows, (shape.stride, 1))
    return normalised(tape, parameters, statistics, spatial.as_positions(product), shape.train)


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


@functools.partial(jax.jit, static_argnames=("name", "shape"))
def run_operation(
    name: str, shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree, Kept]:
    """Maps x [channels, size^2, batch] to [channels, out^2, batch].

    Returns it with the statistics used and what the backward pass needs. Jitted, so that JAX traces it once for all
    edges of one shape, as `replay_operation`.
    """
    tape = Tape()
    y, used = _OPERATIONS[name](shape, tape, x, parameters, statistics)
    return y, used, tape.kept


@functools.partial(jax.jit, static_argnames=("name", "shape"))
def replay_operation(
    name: str, shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree, kept: Kept
) -> jax.Array:
    """Returns the first result of `run_operation` from what it kept, to be differentiated by x and the parameters."""
    return _OPERATIONS[name](shape, Tape(kept), x, parameters, statistics)[0]
