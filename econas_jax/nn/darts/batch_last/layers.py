"""Products and normalisations with the plain network's variables, and what the backward pass keeps of them.

A backward pass computes everything again but the products of 1x1 convolutions, which are dear, and the statistics of
normalisations, which are small: these carry the names in `KEPT`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name

from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.batch_norm import batch_statistics, normalise

Tree = dict[str, Any]
KEPT = ("product", "statistics")


def kept(x: jax.Array) -> jax.Array:
    """Marks a product as one that the backward pass finds in memory."""
    return checkpoint_name(x, "product")


def weights_of(parameters: Tree, name: str = "Conv_0") -> jax.Array:
    """Returns the weights [outputs, inputs] of a 1x1 convolution, whose kernel is [1, 1, inputs, outputs]."""
    weights: jax.Array = parameters[name]["kernel"][0, 0].T
    return weights


def normalised(
    parameters: Tree, statistics: Tree, product: jax.Array, train: bool, name: str = "BatchNorm_0"
) -> tuple[jax.Array, Tree]:
    """Normalises a product [channels, positions, batch]; returns it and the statistics used, under the layer's name."""
    line, given = parameters[name], (statistics[name]["mean"], statistics[name]["variance"])
    if train:
        given = tuple(checkpoint_name(values, "statistics") for values in batch_statistics(product))
    y, _ = normalise(product, line["scale"], line["bias"], *given, train, statistics_given=True)
    return y, {name: {"mean": given[0], "variance": given[1]}}


def halving_product(parameters: Tree, x: jax.Array, size: int) -> jax.Array:
    """Applies a factorized reduce's convolutions: half of the outputs read relu(x), half relu(x) one pixel on."""
    here, further = spatial.halves_of_relu(x, size)
    products = spatial.pointwise(weights_of(parameters), here), spatial.pointwise(weights_of(parameters, "Conv_1"), further)
    return jnp.concatenate(products)
