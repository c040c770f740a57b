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

from econas_jax.genotype import SEARCH_OPERATIONS
from econas_jax.nn import spatial
from econas_jax.nn.normalization import EPSILON, unbiased_factor
from econas_jax.nn.precision import widened

Tree = dict[str, jax.Array]
EdgeOperation = Callable[[jax.Array, Tree, Tree], tuple[jax.Array, Tree]]


class EdgeShape(NamedTuple):
    """What a compiled edge must know: the map's size, the stride, and whether batch statistics are used.

    known: the statistics that an operation is given are those of this batch, from when it was computed before.
    """

    size: int
    stride: int
    train: bool
    known: bool = False


@functools.partial(jax.jit, static_argnames=("train", "known"))
def normalise(
    x: jax.Array,
    scale: jax.Array,
    bias: jax.Array,
    mean: jax.Array,
    variance: jax.Array,
    train: bool,
    known: bool = False,
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """Batch normalisation of x [channels, positions, batch].

    In training the batch's own statistics are used and returned, the variance unbiased: they are computed, or known.
    Gradients pass through them as through any function of x, though not through those that are returned. In evaluation
    the given ones are used. Jitted, so that JAX traces and differentiates it once for all that have one shape.
    """
    if not train:
        return _affine(x, *_line(scale, bias, mean, variance)), (mean, variance)
    factor = unbiased_factor(x.shape[1] * x.shape[2])
    if not known:
        fixed = widened(jax.lax.stop_gradient(x))
        mean = jnp.mean(fixed, (1, 2))
        variance = jnp.maximum(jnp.mean(fixed * fixed, (1, 2)) - mean * mean, 0.0) * factor
    return _normalise_batch(x, scale, bias, mean, variance / factor), (mean, variance)


def _line(scale: jax.Array, bias: jax.Array, mean: jax.Array, variance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Factor and constant of each channel."""
    factor = jax.lax.rsqrt(variance + EPSILON) * scale
    return factor, bias - mean * factor


def _affine(x: jax.Array, factor: jax.Array, constant: jax.Array) -> jax.Array:
    return (widened(x) * factor[:, None, None] + constant[:, None, None]).astype(x.dtype)


@jax.custom_vjp
def _normalise_batch(
    x: jax.Array, scale: jax.Array, bias: jax.Array, mean: jax.Array, variance: jax.Array
) -> jax.Array:
    """Normalises x with its own mean and biased variance; x gets the gradient that passes through them, they none.

    The gradient is a line of the output's gradient and x in each channel: two sums and one pass. Automatic
    differentiation makes more of both, and computes the statistics again where they are known.
    """
    return _affine(x, *_line(scale, bias, mean, variance))


def _normalise_batch_forward(*operands: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    x, scale, _, mean, variance = operands
    return _normalise_batch(*operands), (x, scale, mean, variance)


def _normalise_batch_backward(residuals: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, ...]:
    # Held back, or XLA computes what the gradient is read from once for each sum and for each of its shapes.
    gradient = jax.lax.optimization_barrier(gradient)
    x, scale, mean, variance = residuals
    wide, wide_gradient = widened(x), widened(gradient)
    inverse = jax.lax.rsqrt(variance + EPSILON)
    bias_gradient = jnp.sum(wide_gradient, (1, 2))
    scale_gradient = inverse * (jnp.sum(wide_gradient * wide, (1, 2)) - mean * bias_gradient)
    # Ioffe and Szegedy (2015), section 3: scale * inverse * (gradient - its mean - normalised x * their mean product)
    count = x.shape[1] * x.shape[2]
    factor = scale * inverse
    of_x = -factor * inverse * scale_gradient / count
    constant = -factor * bias_gradient / count - of_x * mean
    per_channel = (vector[:, None, None] for vector in (factor, of_x, constant))
    to_gradient, to_x, plus = per_channel
    x_gradient = (wide_gradient * to_gradient + wide * to_x + plus).astype(x.dtype)
    return x_gradient, scale_gradient, bias_gradient, jnp.zeros_like(mean), jnp.zeros_like(variance)


_normalise_batch.defvjp(_normalise_batch_forward, _normalise_batch_backward)


def _none(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    out = spatial.output_size(shape.size, shape.stride)
    return jnp.zeros((x.shape[0], out * out, x.shape[2]), x.dtype), statistics


def _max_pool(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    return spatial.max_pool(x, size=shape.size, stride=shape.stride), statistics


def _average_pool(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    return spatial.average_pool(x, size=shape.size, stride=shape.stride), statistics


def _skip(shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
    if shape.stride == 1:
        return x, statistics
    halved = factorized_pointwise(parameters["pointwise"][0], x, size=shape.size)
    return normalise_slot(shape, parameters, statistics, halved)


def factorized_pointwise(weights: jax.Array, x: jax.Array, *, size: int) -> jax.Array:
    """The convolutions of a factorized reduce: half of the outputs read relu(x), the others relu(x) one pixel on."""
    here, shifted = spatial.halves(jax.nn.relu(x), size=size)
    half = weights.shape[0] // 2
    return jnp.concatenate([spatial.pointwise(weights[:half], here), spatial.pointwise(weights[half:], shifted)])


def _separable(
    kernel: int, dilation: int, repeats: int, shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    size, stride = shape.size, shape.stride
    for slot in range(repeats):
        taps = parameters["depthwise"][slot]
        x = spatial.depthwise(jax.nn.relu(x), taps, kernel, dilation, size, stride)
        x = spatial.pointwise(parameters["pointwise"][slot], x)
        x, statistics = normalise_slot(shape, parameters, statistics, x, slot)
        size, stride = spatial.output_size(size, stride), 1
    return x, statistics


def _dilated(
    kernel: int, shape: EdgeShape, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    """Dilation 2 joins positions of one parity alone: this is an undilated convolution of four maps of half the size, a
    quarter of the work of a matrix. Their positions are in order again when all is done; at stride 2 one map is read.
    """
    size, stride = shape.size, shape.stride
    if size % 2:
        return _separable(kernel, 2, 1, shape, x, parameters, statistics)
    maps = spatial.split_by_parity(jax.nn.relu(x), size=size)
    taps = parameters["depthwise"][0]
    if stride == 2:
        maps = maps[:, :1]
    channels, number, positions, batch = maps.shape
    like_channels = maps.reshape(channels * number, positions, batch)
    y = spatial.depthwise(like_channels, jnp.repeat(taps, number, axis=1), kernel, 1, size // 2, 1)
    y = spatial.pointwise(parameters["pointwise"][0], y.reshape(channels, number * positions, batch))
    y, statistics = normalise_slot(shape, parameters, statistics, y)
    if stride == 2:
        return y, statistics
    return spatial.join_parities(y.reshape(maps.shape), size), statistics


def normalise_slot(
    shape: EdgeShape, parameters: Tree, statistics: Tree, x: jax.Array, slot: int = 0
) -> tuple[jax.Array, Tree]:
    """Normalises with one slot's parameters and puts that slot's new statistics among the edge's."""
    scale, bias = parameters["scale"][slot], parameters["bias"][slot]
    mean, variance = statistics["mean"][slot], statistics["variance"][slot]
    x, (mean, variance) = normalise(x, scale, bias, mean, variance, shape.train, shape.known)
    updated = {  # not by .at[].set: a scatter is traced slower
        "mean": jax.lax.dynamic_update_index_in_dim(statistics["mean"], mean, slot, axis=0),
        "variance": jax.lax.dynamic_update_index_in_dim(statistics["variance"], variance, slot, axis=0),
    }
    return x, updated


_OPERATIONS: dict[str, Callable[..., tuple[jax.Array, Tree]]] = {
    "none": _none,
    "max_pool_3x3": _max_pool,
    "avg_pool_3x3": _average_pool,
    "skip_connect": _skip,
    "sep_conv_3x3": functools.partial(_separable, 3, 1, 2),
    "sep_conv_5x5": functools.partial(_separable, 5, 1, 2),
    "dil_conv_3x3": functools.partial(_dilated, 3),
    "dil_conv_5x5": functools.partial(_dilated, 5),
}


def edge_operations(shape: EdgeShape) -> list[EdgeOperation]:
    """The operations in the order of their encoding (`genotype.SEARCH_OPERATIONS`), for edges of one shape.

    Each maps (x [channels, size^2, batch], parameters, statistics) to (y [channels, out^2, batch], statistics); the
    returned statistics are the batch's where the operation normalises in training, and the given ones elsewhere.
    """
    return [functools.partial(_OPERATIONS[name], shape) for name in SEARCH_OPERATIONS]
