"""Spatial operations on [channels, positions, batch], as matrices and as shifts, against the NumPy reference."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, in_double
from reference_network import average_pool, convolution, max_pool

from econas_jax.nn import spatial

CHANNELS, BATCH = 3, 4
# Stages of the proxies' maps: 32 to 8 pixels, halved twice. Up to 8 they are matrices, above it shifts.
SIZES = (2, 3, 4, 6, 8, 12, 16)


def image(size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((BATCH, size, size, CHANNELS)).astype(np.float32)


def to_positions(x: np.ndarray) -> np.ndarray:
    """[batch, height, width, channels] -> [channels, positions, batch]."""
    return x.transpose(3, 1, 2, 0).reshape(x.shape[3], -1, x.shape[0])


def strides(size: int) -> tuple[int, ...]:
    return (1, 2) if size % 2 == 0 else (1,)


@pytest.mark.parametrize("size", SIZES)
def test_depthwise(size: int) -> None:
    x = image(size, seed=0)
    taps = np.random.default_rng(1).standard_normal((5, 5, CHANNELS)).astype(np.float32)
    cases = list(itertools.product((3, 5), (1, 2), strides(size)))

    @jax.jit
    def run(x: jax.Array, taps: jax.Array) -> list[jax.Array]:
        return [spatial.depthwise(x, taps, kernel, dilation, size, stride) for kernel, dilation, stride in cases]

    for (kernel, dilation, stride), y in zip(cases, run(to_positions(x), taps.reshape(25, -1)), strict=True):
        centre = taps if kernel == 5 else taps[1:4, 1:4]
        expected = convolution(in_double(x), in_double(centre)[:, :, None], (stride, stride), dilation)
        assert_close({(kernel, dilation, stride): y}, {(kernel, dilation, stride): to_positions(expected)}, 2e-6)


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
def test_gradients_of_depthwise(size: int) -> None:
    """It is linear in the image and in the taps: along a direction the reference's value there is the derivative."""
    rng = np.random.default_rng(6)
    cases = list(itertools.product((3, 5), (1, 2), strides(size)))
    x, along_x = image(size, seed=7), image(size, seed=8)
    taps, along_taps = rng.standard_normal((2, 5, 5, CHANNELS)).astype(np.float32)
    outs = [spatial.output_size(size, stride) for _, _, stride in cases]
    weights = [rng.standard_normal((CHANNELS, out * out, BATCH)).astype(np.float32) for out in outs]

    @jax.jit
    def run(x: jax.Array, taps: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
        def total(x: jax.Array, taps: jax.Array, case: tuple[int, int, int], weight: np.ndarray) -> jax.Array:
            kernel, dilation, stride = case
            return jnp.sum(weight * spatial.depthwise(x, taps, kernel, dilation, size, stride))

        pairs = zip(cases, weights, strict=True)
        return [jax.grad(total, (0, 1))(x, taps, case, weight) for case, weight in pairs]

    gradients = run(to_positions(x), taps.reshape(25, -1))
    for (kernel, dilation, stride), weight, (by_x, by_taps) in zip(cases, weights, gradients, strict=True):
        border = (5 - kernel) // 2

        def value(image: np.ndarray, taps: np.ndarray) -> float:
            centre = in_double(taps)[border : 5 - border, border : 5 - border, None]  # noqa: B023
            y = convolution(in_double(image), centre, (stride, stride), dilation)  # noqa: B023
            return float(np.vdot(weight, to_positions(y)))  # noqa: B023

        slopes = np.vdot(by_x, to_positions(along_x)), np.vdot(by_taps, along_taps.reshape(25, -1))
        expected = value(along_x, taps), value(x, along_taps)
        np.testing.assert_allclose(slopes, expected, rtol=1e-4, atol=1e-3)


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
    found = jax.jit(lambda x, factors: spatial.each_channel(lambda x, factor: factor * x[1:], x, factors))(x, factors)
    np.testing.assert_array_equal(found, factors[:, None, None] * x[:, 1:])


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
