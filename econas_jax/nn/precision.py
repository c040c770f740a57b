"""What networks compute in: float32, or bfloat16, which accelerators multiply faster and move at half the cost.

With bfloat16 a network rounds its images, and activations follow: modules and operations compute in the type of what
they are given. Parameters stay float32 and are rounded where they are multiplied, and their gradients are float32.
Sums over a batch are float32 sums: statistics of normalisations, weight gradients; so are means, logits and the loss.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from econas_jax.nn.compute_dtype import ComputeDtype


def rounded(images: jax.Array, compute_dtype: ComputeDtype) -> jax.Array:
    """The images in bfloat16, or as they are: float64 stays what it is, which tests compute in."""
    return images.astype(jnp.bfloat16) if compute_dtype == "bfloat16" else images


def widened(x: jax.Array) -> jax.Array:
    """x in float32, for sums; wider types as they are."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def product_dtype(x: jax.Array) -> jnp.dtype | None:
    """What x is multiplied with weights in: bfloat16 if x is; None, for what their types promote to, if it is wider."""
    return x.dtype if x.dtype == jnp.bfloat16 else None


def rounded_like(weights: jax.Array, x: jax.Array) -> jax.Array:
    """Weights as they are multiplied with x."""
    return weights.astype(product_dtype(x) or weights.dtype)
