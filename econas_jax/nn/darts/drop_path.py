"""Drop-path: whole samples of an edge's output are dropped, each edge's and each sample's on its own."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp


class DropPath(NamedTuple):
    """The probability that a sample of an edge is dropped, and a key: of a step, of one of its cells, or of an edge."""

    probability: jax.Array | float
    key: jax.Array

    def of(self, place: jax.Array | int) -> DropPath:
        """Returns the drop-path of a cell, by its position in the macro-net, or of a cell's edge, by its number."""
        return self._replace(key=jax.random.fold_in(self.key, place))

    def apply(self, x: jax.Array) -> jax.Array:
        """Applies an edge's `drop_path` to its output [batch, ...]."""
        return drop_path(x, *self)

    def scales(self, edges: int, batch: int) -> jax.Array:
        """Returns the factors [edges, batch] by which `apply` multiplies the samples of each edge of a cell."""
        keep = 1.0 - self.probability
        kept = jax.vmap(lambda edge: jax.random.bernoulli(self.of(edge).key, keep, (batch,)))(jnp.arange(edges))
        return jnp.where(kept, 1.0 / keep, 0.0)


def drop_path(x: jax.Array, probability: jax.Array | float, key: jax.Array) -> jax.Array:
    """Zeroes whole samples of x [batch, ...] with the probability and scales the others by 1 / (1 - probability)."""
    keep = 1.0 - probability
    kept = jax.random.bernoulli(key, keep, (x.shape[0],) + (1,) * (x.ndim - 1))
    return jnp.where(kept, x / keep, 0.0).astype(x.dtype)
