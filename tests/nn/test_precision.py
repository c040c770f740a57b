"""bfloat16: which sums are float32 all the same, and how near its operations are to those of float32.

Both are given the same numbers, which bfloat16 has, and the products of two of those are exact in float32. What is a
float32 sum of them then differs by the order of summation alone, what is rounded in the end by up to 2^-8 of its size.
All numbers are positive, and many: a bfloat16 sum of them would stop growing at 256.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, quick_jit

from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.batch_norm import normalise
from econas_jax.nn.kernels.depthwise import depthwise
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import make_operation
from econas_jax.nn.precision import rounded

SUMMATION = 1e-5
BATCH, CHANNELS = 64, 3


def positive(*shape: int) -> jax.Array:
    """Numbers of bfloat16, in float32."""
    numbers = np.random.default_rng(shape).uniform(0.5, 2.0, shape)
    return jnp.asarray(numbers, jnp.bfloat16).astype(jnp.float32)


def check_rounded_once(ours: jax.Array, exact: jax.Array) -> None:
    np.testing.assert_allclose(ours, exact, rtol=2.0**-8 + SUMMATION, atol=SUMMATION)


def check_summed(ours: jax.Array, exact: jax.Array) -> None:
    assert_close(ours, exact, SUMMATION)


def value_and_gradients(operation: Callable[..., jax.Array], weights: jax.Array, x: jax.Array) -> Any:
    """y, the gradients to weights and to x for positive gradients of y; each in float32 and with x in bfloat16."""

    @quick_jit
    def run(weights: jax.Array, x: jax.Array) -> Any:
        y, pull_back = jax.vjp(operation, weights, x)
        return y, *pull_back(positive(*y.shape).astype(y.dtype))

    exact, ours = run(weights, x), run(weights, x.astype(jnp.bfloat16))
    assert [leaf.dtype for leaf in ours] == [jnp.bfloat16, jnp.float32, jnp.bfloat16]
    return [jax.tree.map(lambda leaf: leaf.astype(jnp.float32), pair) for pair in zip(ours, exact, strict=True)]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [6, 12], ids=["matrices", "shifts"])
@pytest.mark.parametrize("kernel", [3, 5])
def test_depthwise(kernel: int, size: int, stride: int) -> None:
    def operation(taps: jax.Array, x: jax.Array) -> jax.Array:
        return depthwise(x, taps, kernel, 1, size, stride)

    taps, x = positive(25, CHANNELS), positive(CHANNELS, size**2, BATCH)
    y, to_taps, to_x = value_and_gradients(operation, taps, x)
    check_rounded_once(*y)
    check_summed(*to_taps)
    check_rounded_once(*to_x)


def test_pointwise() -> None:
    y, to_weights, to_x = value_and_gradients(spatial.pointwise, positive(600, 500), positive(500, 16, BATCH))
    check_rounded_once(*y)
    check_summed(*to_weights)
    check_rounded_once(*to_x)


@pytest.mark.parametrize("stride", [1, 2])
def test_max_pool(stride: int) -> None:
    """With many equal numbers, of which the same ones get the gradient."""
    y, _, to_x = value_and_gradients(
        lambda unused, x: spatial.max_pool(x, size=6, stride=stride), positive(1), positive(CHANNELS, 36, BATCH)
    )
    np.testing.assert_array_equal(*y)
    ours, exact = to_x
    np.testing.assert_allclose(ours, exact, rtol=2.0**-7)  # a row's and a column's sum, each rounded


@pytest.mark.parametrize("stride", [1, 2])
def test_average_pool_is_rounded_once(stride: int) -> None:
    x = positive(CHANNELS, 36, BATCH)
    exact, ours = (spatial.average_pool(given, size=6, stride=stride) for given in (x, x.astype(jnp.bfloat16)))
    assert ours.dtype == jnp.bfloat16
    check_rounded_once(ours.astype(jnp.float32), exact)


def test_statistics_of_normalisations_are_float32() -> None:
    x, vector = positive(CHANNELS, 36, BATCH), positive(CHANNELS)

    def search(x: jax.Array) -> Any:
        return normalise(x, vector, vector, vector, vector, True)

    def plain(x: jax.Array) -> Any:
        variables = {"params": {"scale": vector, "bias": vector}, "batch_stats": {"mean": vector, "variance": vector}}
        return BatchNorm().apply(variables, x.reshape(CHANNELS, -1).T, train=True, mutable=["batch_stats"])

    for function in (search, plain):
        (exact, statistics), (y, rounded_statistics) = function(x), function(x.astype(jnp.bfloat16))
        assert y.dtype == jnp.bfloat16
        check_rounded_once(y.astype(jnp.float32), exact)
        assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(rounded_statistics))
        check_summed(rounded_statistics, statistics)


def test_float32_leaves_images_as_they_are() -> None:
    """Those of float64 too: a network must not lose the precision it is given."""
    images = np.ones((1, 4, 4, 3))
    assert rounded(images, "float32") is images  # type: ignore[arg-type,comparison-overlap]
    assert rounded(images, "bfloat16").dtype == jnp.bfloat16  # type: ignore[arg-type]


def test_wider_weights_are_not_rounded_to_float32_activations() -> None:
    """Types promote, as everywhere in JAX; bfloat16 alone is asked for."""
    with jax.enable_x64(True):
        x, weights = jnp.ones((2, 16, 3), jnp.float32), jnp.full((2, 2), 0.1)
        assert spatial.pointwise(weights, x).dtype == jnp.float64
        np.testing.assert_allclose(spatial.pointwise(weights, x), 0.2, rtol=1e-12)
        operation: Any = make_operation("dil_conv_3x3", 1)
        image = jnp.ones((2, 4, 4, 3), jnp.float32)
        variables = operation.init(jax.random.key(0), image, train=False)
        double = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), variables)
        assert operation.apply(double, image, train=False).dtype == jnp.float64
