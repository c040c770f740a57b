"""What the backward pass of a cell finds in memory: products of convolutions, which are dear, and statistics.

Everything else of a cell is computed again. `jax.checkpoint` with a policy would do the same, but it passes over every
array once more to keep it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import jax

from econas_jax.nn.kernels.batch_norm import batch_statistics
from econas_jax.nn.kernels.spatial import pointwise, pointwise_backward

Kept = tuple[jax.Array, ...]


class Tape:
    """Records what a function keeps; made from a record, it plays it back to the same function, in the same order."""

    def __init__(self, recorded: Sequence[jax.Array] | None = None) -> None:
        self._played: Iterator[jax.Array] | None = None if recorded is None else iter(recorded)
        self._recorded: list[jax.Array] = []

    @property
    def kept(self) -> Kept:
        """What was recorded."""
        return tuple(self._recorded)

    def pointwise(self, weights: jax.Array, x: jax.Array) -> jax.Array:
        """Applies `spatial.pointwise`; played back, it has its gradient and costs nothing."""
        if self._played is not None:
            return _known_pointwise(weights, x, next(self._played))
        return self._record(pointwise(weights, x))

    def statistics(self, product: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Returns the mean and the unbiased variance of each channel."""
        if self._played is not None:
            return next(self._played), next(self._played)
        mean, variance = batch_statistics(product)
        return self._record(mean), self._record(variance)

    def _record(self, x: jax.Array) -> jax.Array:
        self._recorded.append(x)
        return x


@jax.custom_vjp
def _known_pointwise(weights: jax.Array, x: jax.Array, product: jax.Array) -> jax.Array:
    return product


_known_pointwise.defvjp(
    lambda weights, x, product: (product, (weights, x)),
    lambda residuals, gradient: (*pointwise_backward(residuals, gradient), None),
)
