"""The 1x1 convolutions between cells of the search network, each with its normalisation."""

from __future__ import annotations

import jax

from econas_jax.nn.darts.engine.operations import Arrays
from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.batch_norm import normalise


def convolve(parameters: Arrays, statistics: Arrays, x: jax.Array, train: bool) -> tuple[jax.Array, Arrays]:
    """Applies a 1x1 convolution to x [inputs, positions, batch] and normalises the outputs."""
    return normalise_named(parameters, statistics, spatial.pointwise(parameters["kernel"], x), train)


def normalise_named(
    parameters: Arrays, statistics: Arrays, x: jax.Array, train: bool, statistics_given: bool = False
) -> tuple[jax.Array, Arrays]:
    """Normalises x by `normalise`, with parameters and statistics by name."""
    given = (parameters["scale"], parameters["bias"], statistics["mean"], statistics["variance"])
    x, (mean, variance) = normalise(x, *given, train, statistics_given)
    return x, {"mean": mean, "variance": variance}
