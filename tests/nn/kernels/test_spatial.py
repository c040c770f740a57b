"""Spatial operations on [channels, positions, batch] against the NumPy reference."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, in_double
from reference_network import average_pool, convolution, max_pool
from spatial_cases import BATCH, CHANNELS, image, strides, to_positions

from econas_jax.nn.kernels import spatial

SIZES = (2, 3, 4, 6, 8, 12, 16)  # of maps: 32 to 8 pixels, halved twice


@pytest.mark.parametrize("size", SIZES)
def test_pools(size: int) -> None:
    x = image(size, seed=2)

    @jax.jit
    def run(x: jax.Array) -> dict[str, list[jax.Array]]:
        return {
            "average": [spatial.average_pool(x, size=size, stride=stride) for stride in strides(size)],
            "max": [spatial.max_pool(x, size=size, stride=stride) for stride in strides(size)],
        }

    expected = {
        "average": [to_positions(average_pool(in_double(x), stride)) for stride in strides(size)],
        "max": [to_positions(max_pool(in_double(x), stride)) for stride in strides(size)],
    }
    pooled = run(to_positions(x))
    assert_close(pooled, expected, 1e-6)
    # Below zero, where a padding with zeros would be the maximum.
    assert_close(run(to_positions(x) - 10)["max"], [y - 10 for y in expected["max"]], 1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_gradient_of_max_pool(size: int) -> None:
    x, along = image(size, seed=9), image(size, seed=10)
    for stride in strides(size):
        out = spatial.output_size(size, stride)
        weight = np.random.default_rng(11).standard_normal((CHANNELS, out * out, BATCH)).astype(np.float32)
        slope = jax.jit(
            lambda x, weight=weight, stride=stride: jax.grad(
                lambda x: jnp.sum(weight * spatial.max_pool(x, size=size, stride=stride))
            )(x)
        )(to_positions(x))
        ends = [max_pool(in_double(x) + way * in_double(along), stride) for way in (1e-7, -1e-7)]
        expected = np.vdot(weight, to_positions(ends[0] - ends[1])) / 2e-7
        np.testing.assert_allclose(np.vdot(slope, to_positions(along)), expected, rtol=1e-4, atol=1e-3)


def test_each_channel() -> None:
    x, factors = to_positions(image(3, seed=6)), np.arange(CHANNELS, dtype=np.float32)

    def parts(x: jax.Array, factor: jax.Array) -> tuple[jax.Array, jax.Array]:
        return factor * x[1:], x[0].astype(jnp.bfloat16)

    scaled, first = jax.jit(lambda *operands: spatial.each_channel(parts, *operands))(x, factors)
    np.testing.assert_array_equal(scaled, factors[:, None, None] * x[:, 1:])
    np.testing.assert_array_equal(first, x[:, 0].astype(jnp.bfloat16))


def test_halves() -> None:
    x = image(4, seed=3)
    here, shifted = spatial.halves(jnp.asarray(to_positions(x)), size=4)
    np.testing.assert_array_equal(here, to_positions(x[:, [0, 2]][:, :, [0, 2]]))
    np.testing.assert_array_equal(shifted, to_positions(x[:, [1, 3]][:, :, [1, 3]]))


def test_pointwise() -> None:
    x, weights = image(3, seed=4), np.random.default_rng(5).standard_normal((7, CHANNELS)).astype(np.float32)
    expected = convolution(in_double(x), in_double(weights).T[None, None])
    assert_close(spatial.pointwise(jnp.asarray(weights), jnp.asarray(to_positions(x))), to_positions(expected), 1e-6)


@pytest.mark.parametrize(("size", "stride", "expected"), [(8, 1, 8), (8, 2, 4), (7, 2, 4), (1, 2, 1)])
def test_output_size(size: int, stride: int, expected: int) -> None:
    assert spatial.output_size(size, stride) == expected
