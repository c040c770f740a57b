"""Convolutions and normalisations in the layout [channels, positions, batch], with the plain network's variables."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.tape import Tape
from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.batch_norm import normalise
from econas_jax.nn.kernels.filtered_product import Norm
from econas_jax.nn.kernels.patches import patches

Tree = dict[str, Any]


def weights_of(parameters: Tree, name: str = "Conv_0") -> jax.Array:
    """Returns the weights [outputs, taps * inputs] of a dense convolution."""
    kernel: jax.Array = parameters[name]["kernel"]  # [rows, columns, inputs, outputs]
    # A barrier: XLA would merge the transpose into the product, which then is up to four times slower.
    weights: jax.Array = jax.lax.optimization_barrier(kernel.reshape(-1, kernel.shape[-1]).T)
    return weights


def norm_of(
    tape: Tape, parameters: Tree, statistics: Tree, product: jax.Array, train: bool, name: str = "BatchNorm_0"
) -> tuple[Norm, Tree]:
    """Returns how a layer normalises a product, and the statistics that it uses under its name."""
    own = statistics[name]
    mean, variance = tape.statistics(product) if train else (own["mean"], own["variance"])
    return Norm(parameters[name]["scale"], parameters[name]["bias"], mean, variance), {
        name: {"mean": mean, "variance": variance}
    }


def normalised(
    tape: Tape, parameters: Tree, statistics: Tree, product: jax.Array, train: bool, name: str = "BatchNorm_0"
) -> tuple[jax.Array, Tree]:
    """Normalises a product [channels, positions, batch]; returns it and the statistics used, under the layer's name."""
    norm, used = norm_of(tape, parameters, statistics, product, train, name)
    return normalise(product, *norm, train, statistics_given=True)[0], used


def halving_product(tape: Tape, parameters: Tree, x: jax.Array, size: int) -> jax.Array:
    """Applies a factorized reduce's convolutions: half of the outputs read relu(x), half relu(x) one pixel on."""
    halves = zip(("Conv_0", "Conv_1"), spatial.halves_of_relu(x, size), strict=True)
    return jnp.concatenate([tape.pointwise(weights_of(parameters, name), half) for name, half in halves])


def dense_product(tape: Tape, parameters: Tree, name: str, x: jax.Array, strides: tuple[int, int]) -> jax.Array:
    """Applies a dense convolution of any kernel to maps [channels, height, width, batch]."""
    window = parameters[name]["kernel"].shape[:2]
    return tape.pointwise(weights_of(parameters, name), patches(x, window, strides))
