"""Batch normalisation in the search network's layout [channels, positions, batch], with its own gradient."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp

from econas_jax.nn.layers.normalization import EPSILON, unbiased_factor
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.precision import widened


@functools.partial(jax.jit, static_argnames=("train", "statistics_given"))
def normalise(
    x: jax.Array,
    scale: jax.Array,
    bias: jax.Array,
    mean: jax.Array,
    variance: jax.Array,
    train: bool,
    statistics_given: bool = False,
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """Applies batch normalisation to x [channels, positions, batch].

    In training the batch's own statistics are used and returned, the variance unbiased. They are computed, or with
    `statistics_given` they are the arguments. Gradients pass through them as through any function of x, but not through
    those that are returned. In evaluation the given running statistics are used. Jitted, so that JAX traces and
    differentiates it once for all inputs of one shape.
    """
    if not train:
        return _affine(x, *_line(scale, bias, mean, variance)), (mean, variance)
    factor = unbiased_factor(x.shape[1] * x.shape[2])
    if not statistics_given:
        mean, variance = batch_statistics(x)
    return _normalise_batch(x, scale, bias, mean, variance / factor), (mean, variance)


def batch_statistics(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns each channel's mean and unbiased variance over positions and batch; gradients do not pass through."""
    fixed = widened(jax.lax.stop_gradient(x))
    count = x.shape[1] * x.shape[2]
    mean, mean_square = (total / count for total in _two_sums(fixed, fixed * fixed))
    return mean, jnp.maximum(mean_square - mean * mean, 0.0) * unbiased_factor(count)


def _two_sums(first: jax.Array, second: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns each channel's sums of both. On a GPU one pass computes them, which XLA would not make of two sums."""
    if on_cpu():
        return jnp.sum(first, (1, 2)), jnp.sum(second, (1, 2))

    def add(one: tuple[jax.Array, ...], other: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        return tuple(a + b for a, b in zip(one, other, strict=True))

    zero = jnp.zeros((), first.dtype)
    first_sum, second_sum = jax.lax.reduce((first, second), (zero, zero), add, (1, 2))
    return first_sum, second_sum


def _line(scale: jax.Array, bias: jax.Array, mean: jax.Array, variance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns the factor and the constant of each channel."""
    factor = jax.lax.rsqrt(variance + EPSILON) * scale
    return factor, bias - mean * factor


def _affine(x: jax.Array, factor: jax.Array, constant: jax.Array) -> jax.Array:
    return (widened(x) * factor[:, None, None] + constant[:, None, None]).astype(x.dtype)


@jax.custom_vjp
def _normalise_batch(
    x: jax.Array, scale: jax.Array, bias: jax.Array, mean: jax.Array, variance: jax.Array
) -> jax.Array:
    """Normalises x with its own mean and biased variance, whose gradients flow into x alone.

    In each channel the gradient is a linear function of the output's gradient and x: two sums and one pass. Automatic
    differentiation needs more of both, and computes the statistics again where they are given.
    """
    return _affine(x, *_line(scale, bias, mean, variance))


def _normalise_batch_forward(*operands: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    x, scale, _, mean, variance = operands
    return _normalise_batch(*operands), (x, scale, mean, variance)


def _normalise_batch_backward(residuals: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, ...]:
    if on_cpu():  # held back, or XLA computes what it is read from once for each sum and for each of its shapes
        gradient = jax.lax.optimization_barrier(gradient)
    x, scale, mean, variance = residuals
    wide, wide_gradient = widened(x), widened(gradient)
    inverse = jax.lax.rsqrt(variance + EPSILON)
    bias_gradient, product = _two_sums(wide_gradient, wide_gradient * wide)
    scale_gradient = inverse * (product - mean * bias_gradient)
    # Ioffe and Szegedy (2015), section 3: scale * inverse * (gradient - its mean - normalised x * their mean product)
    count = x.shape[1] * x.shape[2]
    of_gradient = scale * inverse
    of_x = -of_gradient * inverse * scale_gradient / count
    constant = -of_gradient * bias_gradient / count - of_x * mean
    x_gradient = wide_gradient * of_gradient[:, None, None] + wide * of_x[:, None, None] + constant[:, None, None]
    return x_gradient.astype(x.dtype), scale_gradient, bias_gradient, jnp.zeros_like(mean), jnp.zeros_like(variance)


_normalise_batch.defvjp(_normalise_batch_forward, _normalise_batch_backward)
