"""The 1x1 convolutions between cells of the search network, each with its normalisation."""

from __future__ import annotations

import jax

from econas_jax.nn.darts.engine.operations import Tree
from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.batch_norm import normalise


def convolve(parameters: Tree, statistics: Tree, x: jax.Array, train: bool) -> tuple[jax.Array, Tree]:
    """A 1x1 convolution of x [inputs, positions, batch] and its normalisation."""
    return normalise_tree(parameters, statistics, spatial.pointwise(parameters["kernel"], x), train)


def normalise_tree(
    parameters: Tree, statistics: Tree, x: jax.Array, train: bool, known: bool = False
) -> tuple[jax.Array, Tree]:
    """`normalise` with parameters and statistics as trees."""
    given = (parameters["scale"], parameters["bias"], statistics["mean"], statistics["variance"])
    x, (mean, variance) = normalise(x, *given, train, known)
    return x, {"mean": mean, "variance": variance}
