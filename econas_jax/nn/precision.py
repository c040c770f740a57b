"""The types that networks compute in: float32, or bfloat16, which accelerators multiply and move faster.

With bfloat16 a network rounds its images, and activations follow: modules and operations compute in the type of their
input. Parameters stay float32 and are rounded where they are multiplied, and their gradients are float32. Sums over a
batch are float32 sums: statistics of normalisations, weight gradients; so are means, logits and the loss.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from econas_jax.nn.compute_dtype import ComputeDtype


def rounded(images: jax.Array, compute_dtype: ComputeDtype) -> jax.Array:
    """Returns the images in bfloat16, or unchanged: float64, in which tests compute, stays float64."""
    return images.astype(jnp.bfloat16) if compute_dtype == "bfloat16" else images


def widened(x: jax.Array) -> jax.Array:
    """Returns x in float32, for sums; wider types stay as they are."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def product_dtype(x: jax.Array) -> jnp.dtype | None:
    """Returns the dtype of products of x and weights: bfloat16 for bfloat16 inputs, else None (normal promotion)."""
    return x.dtype if x.dtype == jnp.bfloat16 else None


def rounded_like(weights: jax.Array, x: jax.Array) -> jax.Array:
    """Returns weights in the type in which they are multiplied with x."""
    return weights.astype(product_dtype(x) or weights.dtype)
