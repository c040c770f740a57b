"""Paths drawn by their probabilities: one candidate a place, or two, one of which is active."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.spaces.chain.space import ChainSpace


class Pair(NamedTuple):
    """Two candidates of each place, int32 [places] each; the active one is computed and differentiated."""

    active: jax.Array
    compared: jax.Array


def available(space: ChainSpace) -> np.ndarray:
    """Returns bool [places, candidates]: which candidates a place has."""
    return np.array([[number < len(place) for number in range(len(space.labels))] for place in space.places])


def shares(logits: jax.Array, there: np.ndarray) -> jax.Array:
    """Returns the softmax of logits [places, candidates] over the candidates that are there, 0 for the others."""
    return jax.nn.softmax(_masked(logits, there), axis=-1)


def sample_path(key: jax.Array, logits: jax.Array, there: np.ndarray) -> jax.Array:
    """Draws a candidate for each place by `shares`; logits of 0 draw uniformly. Returns int32 [places]."""
    return jnp.argmax(_noisy(key, logits, there), axis=-1).astype(jnp.int32)


def sample_pair(key: jax.Array, logits: jax.Array, there: np.ndarray) -> Pair:
    """Draws two candidates for each place by `shares` without replacement, and one of them by the softmax of the two.

    Cai et al., ProxylessNAS (2019), section 3.2.1. The two largest of logits and Gumbel noise are such a sample.
    """
    of_two, of_one = jax.random.split(key)
    two = jax.lax.top_k(_noisy(of_two, logits, there), 2)[1]
    ahead = jnp.take_along_axis(logits, two, axis=-1)
    first = jax.random.uniform(of_one, ahead.shape[:1]) < jax.nn.softmax(ahead, axis=-1)[:, 0]
    active, compared = jnp.where(first, two[:, 0], two[:, 1]), jnp.where(first, two[:, 1], two[:, 0])
    return Pair(active.astype(jnp.int32), compared.astype(jnp.int32))


def _masked(logits: jax.Array, there: np.ndarray) -> jax.Array:
    return jnp.where(there, logits, -jnp.inf)


def _noisy(key: jax.Array, logits: jax.Array, there: np.ndarray) -> jax.Array:
    return _masked(logits + jax.random.gumbel(key, logits.shape), there)
