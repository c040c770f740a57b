"""The choice of an edge whose operation is data, and its parameters packed into one array.

A program for many candidates spends a kernel on each array that it slices or writes, however small. So the parameters
of an edge are packed, and whatever depends on them and on the genotype alone is computed before, for all edges at once.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.darts.engine.operations import Arrays, EdgeShape
from econas_jax.nn.kernels.depthwise import SLOT
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

TAPS = SLOT**2
LINEAR = 2 * TAPS + 2  # entries of the table that a first half's matrix is blended from
Shapes = tuple[EdgeShape, ...]


class Choice(NamedTuple):
    """An edge's choice: the number of its operation, and which of the given states it reads."""

    operation: jax.Array
    source: jax.Array


class Traits(NamedTuple):
    """Booleans that tell the operations of edges apart."""

    none: jax.Array
    max_pool: jax.Array
    average_pool: jax.Array
    skip: jax.Array
    separable: jax.Array  # two halves; the others have one at most
    dilated: jax.Array
    small: jax.Array  # a 3x3 kernel
    factorized: jax.Array  # a skip at stride 2
    normalised: jax.Array  # in its first half


class Parameters(NamedTuple):
    """An edge's parameters, unpacked.

    linear: [channels, LINEAR], weights of a table's entries (taps, dilated taps, average pool, skip) in the matrix of
    the first half; taps: [channels, TAPS] of the second half; pointwise: of both halves, each [outputs, inputs]; scale
    and bias: [2, channels].
    """

    linear: jax.Array
    taps: jax.Array
    pointwise: tuple[jax.Array, jax.Array]
    scale: jax.Array
    bias: jax.Array


def traits_of(shapes: Shapes, choice: Choice) -> Traits:
    """Derives an edge's traits by comparisons: XLA fuses these into their users, a table look-up would be a kernel."""

    def has(*names: str) -> jax.Array:
        numbers = (SEARCH_OPERATIONS.index(name) for name in names)
        return functools.reduce(jnp.logical_or, (choice.operation == number for number in numbers))

    skip, separable, dilated = (
        has("skip_connect"),
        has("sep_conv_3x3", "sep_conv_5x5"),
        has("dil_conv_3x3", "dil_conv_5x5"),
    )
    halved = [choice.source == place for place, shape in enumerate(shapes) if shape.stride == 2]
    factorized = functools.reduce(jnp.logical_or, halved, jnp.zeros_like(skip)) & skip
    return Traits(
        none=has("none"),
        max_pool=has("max_pool_3x3"),
        average_pool=has("avg_pool_3x3"),
        skip=skip,
        separable=separable,
        dilated=dilated,
        small=has("sep_conv_3x3", "dil_conv_3x3"),
        factorized=factorized,
        normalised=separable | dilated | factorized,
    )


def pack(shapes: Shapes, choice: Choice, parameters: Arrays) -> Arrays:
    """Returns an edge's parameters as `packed` [channels, ...], with zeros for those that its operation does not read.

    The gradients of slots that are not read are zeros too, whatever the zeros are used for.
    """
    traits = traits_of(shapes, choice)
    centre = np.pad(np.ones((3, 3), bool), (SLOT - 3) // 2).reshape(-1)
    window = jnp.asarray(centre) | ~traits.small  # the 3x3 in the centre of the slot, or all of it
    first, second = jnp.swapaxes(parameters["depthwise"], 1, 2)
    pointwise, channels = parameters["pointwise"], first.shape[0]
    fixed = jnp.stack([traits.average_pool, traits.skip]).astype(first.dtype)
    columns = [
        jnp.where(traits.separable & window, first, 0.0),
        jnp.where(traits.dilated & window, first, 0.0),
        jnp.broadcast_to(fixed, (channels, 2)),
        jnp.where(traits.separable & window, second, 0.0),
        jnp.where(traits.normalised, pointwise[0], 0.0),
        jnp.where(traits.separable, pointwise[1], 0.0),
        parameters["scale"].T,
        parameters["bias"].T,
    ]
    return {"packed": jnp.concatenate(columns, 1)}


def unpack(parameters: Arrays) -> Parameters:
    """Splits what `pack` joined, behind a barrier: XLA would fuse the cuts into products and fail to compile them."""
    packed = parameters["packed"]
    channels = packed.shape[0]
    ends = np.cumsum([LINEAR, TAPS, channels, channels, 2])
    linear, taps, first, second, scale, bias = jax.lax.optimization_barrier(jnp.split(packed, ends, 1))
    return Parameters(linear, taps, (first, second), scale.T, bias.T)
