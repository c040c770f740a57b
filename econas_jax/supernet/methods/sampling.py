"""Samples of one operation an edge, soft or hard, through which a gradient reaches the logits (Gumbel-softmax)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.supernet import EdgeWeights


def soft_sample(key: jax.Array, logits: EdgeWeights, temperature: jax.Array) -> EdgeWeights:
    """Returns softmax((logits + Gumbel noise) / temperature), row by row (SNAS, equation 5)."""
    return EdgeWeights(*(jax.nn.softmax(noisy / temperature, axis=-1) for noisy in _noisy(key, logits)))


def hard_sample(key: jax.Array, logits: EdgeWeights, temperature: jax.Array) -> EdgeWeights:
    """Returns a one for one operation of each row, exact zeros for the others; their softmax has the gradient.

    GDAS, equations 5 to 7, in the first of the two forms that its code has: only the operation that was drawn is
    computed, so that only its one passes a gradient on.
    """
    return EdgeWeights(*(_straight_through(noisy / temperature) for noisy in _noisy(key, logits)))


def _noisy(key: jax.Array, logits: EdgeWeights) -> list[jax.Array]:
    keys = jax.random.split(key, len(logits))
    return [
        jax.nn.log_softmax(table, axis=-1) + jax.random.gumbel(each, jnp.shape(table))
        for each, table in zip(keys, logits, strict=True)
    ]


def _straight_through(logits: jax.Array) -> jax.Array:
    shares = jax.nn.softmax(logits, axis=-1)
    drawn = jax.nn.one_hot(jnp.argmax(shares, axis=-1), shares.shape[-1])
    # In this order the difference is exactly the one-hot row.
    return drawn * (drawn - jax.lax.stop_gradient(shares) + shares)
