"""Batch normalisation with torch's conventions, for the plain network."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.nn.precision import widened

EPSILON = 1e-5
MOMENTUM = 0.1  # torch's meaning: weight of the new batch


def unbiased_factor(count: int) -> float:
    """Returns n / (n - 1), which turns a batch's biased variance into the unbiased one of torch's running variance."""
    return count / max(count - 1, 1)


class BatchNorm(nn.Module):
    """Normalises over all axes but the last; running variances are unbiased, as torch's BatchNorm2d keeps them.

    (flax.linen.BatchNorm keeps the biased variance, a visible difference on the 2x2 maps of small proxies.)
    affine: whether it has a scale and a shift.
    """

    affine: bool = True

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Normalises x [..., channels]; updates the collection `batch_stats` when train is true."""
        channels, dtype, x = x.shape[-1], x.dtype, widened(x)
        if self.affine:
            scale = self.param("scale", nn.initializers.ones, (channels,))
            bias = self.param("bias", nn.initializers.zeros, (channels,))
        else:
            scale, bias = jnp.ones(channels), jnp.zeros(channels)
        running_mean = self.variable("batch_stats", "mean", jnp.zeros, (channels,))
        running_variance = self.variable("batch_stats", "variance", jnp.ones, (channels,))
        if train:
            axes = tuple(range(x.ndim - 1))
            mean, variance = jnp.mean(x, axes), jnp.var(x, axes)
            if not self.is_initializing():
                unbiased = variance * unbiased_factor(x.size // channels)
                running_mean.value += MOMENTUM * (mean - running_mean.value)
                running_variance.value += MOMENTUM * (unbiased - running_variance.value)
        else:
            mean, variance = running_mean.value, running_variance.value
        factor = jax.lax.rsqrt(variance + EPSILON) * scale
        mean, factor, bias = (jnp.broadcast_to(vector, x.shape) for vector in (mean, factor, bias))
        return ((x - mean) * factor + bias).astype(dtype)
