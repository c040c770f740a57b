"""Depthwise convolutions and their gradients, as matrices and as shifts, against the NumPy reference."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, in_double
from reference_network import convolution
from spatial_cases import BATCH, CHANNELS, image, strides, to_positions

from econas_jax.nn.kernels.depthwise import depthwise
from econas_jax.nn.kernels.spatial import output_size
from econas_jax.nn.platform import tracing_for

# Up to 8 some are matrices, above it all are shifts. The sums of gradients differ in rows at 7 and 11; at 18 they are a
# loop.
SIZES = (2, 3, 4, 6, 7, 8, 11, 12, 16, 18)


@pytest.mark.parametrize("size", SIZES)
def test_depthwise(size: int) -> None:
    x = image(size, seed=0)
    taps = np.random.default_rng(1).standard_normal((5, 5, CHANNELS)).astype(np.float32)
    cases = list(itertools.product((3, 5), (1, 2), strides(size)))

    @jax.jit
    def run(x: jax.Array, taps: jax.Array) -> list[jax.Array]:
        return [depthwise(x, taps, kernel, dilation, size, stride) for kernel, dilation, stride in cases]

    for (kernel, dilation, stride), y in zip(cases, run(to_positions(x), taps.reshape(25, -1)), strict=True):
        centre = taps if kernel == 5 else taps[1:4, 1:4]
        expected = convolution(in_double(x), in_double(centre)[:, :, None], (stride, stride), dilation)
        assert_close({(kernel, dilation, stride): y}, {(kernel, dilation, stride): to_positions(expected)}, 2e-6)


@pytest.mark.parametrize(
    ("size", "platform"), [*((size, "cpu") for size in SIZES), *((size, "gpu") for size in (8, 11, 12))]
)
def test_gradients(size: int, platform: str) -> None:
    """It is linear in the image and in the taps: along a direction the reference's value there is the derivative."""
    rng = np.random.default_rng(6)
    cases = list(itertools.product((3, 5), (1, 2), strides(size)))
    x, along_x = image(size, seed=7), image(size, seed=8)
    taps, along_taps = rng.standard_normal((2, 5, 5, CHANNELS)).astype(np.float32)
    outs = [output_size(size, stride) for _, _, stride in cases]
    weights = [rng.standard_normal((CHANNELS, out * out, BATCH)).astype(np.float32) for out in outs]

    @jax.jit
    def run(x: jax.Array, taps: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
        def total(x: jax.Array, taps: jax.Array, case: tuple[int, int, int], weight: np.ndarray) -> jax.Array:
            kernel, dilation, stride = case
            return jnp.sum(weight * depthwise(x, taps, kernel, dilation, size, stride))

        pairs = zip(cases, weights, strict=True)
        return [jax.grad(total, (0, 1))(x, taps, case, weight) for case, weight in pairs]

    with tracing_for(platform):
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
