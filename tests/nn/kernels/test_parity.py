"""A map as four maps of every other row and column: which positions they hold, and the way back."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from econas_jax.nn.kernels.parity import join_parities, split_by_parity
from econas_jax.nn.platform import tracing_for

CHANNELS, SIZE, BATCH = 3, 6, 2


def maps_of(x: np.ndarray) -> np.ndarray:
    """By slices: even rows and columns, then odd columns, odd rows, both."""
    image = x.reshape(CHANNELS, SIZE, SIZE, BATCH)
    parts = [image[:, row::2, column::2].reshape(CHANNELS, -1, BATCH) for row in (0, 1) for column in (0, 1)]
    return np.stack(parts, axis=1)


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def test_the_four_maps_and_the_way_back() -> None:
    x = values(CHANNELS, SIZE**2, BATCH)
    np.testing.assert_array_equal(split_by_parity(jnp.asarray(x), SIZE), maps_of(x))
    np.testing.assert_array_equal(join_parities(jnp.asarray(maps_of(x)), SIZE), x)


@pytest.mark.parametrize("platform", ["cpu", "gpu"])
def test_the_gradient_of_joining_is_splitting(platform: str) -> None:
    weights = values(CHANNELS, SIZE**2, BATCH)
    with tracing_for(platform):
        gradient = jax.grad(lambda maps: jnp.sum(weights * join_parities(maps, SIZE)))
        found = jax.jit(gradient)(jnp.zeros((CHANNELS, 4, SIZE**2 // 4, BATCH)))
    np.testing.assert_array_equal(found, maps_of(weights))
