"""The supernet of the DARTS space as a Flax module."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.darts.batch_last.network import running_averages
from econas_jax.nn.darts.supernet.batch_last import Macro, run_cells
from econas_jax.nn.darts.supernet.parameters import initial_statistics, parameter_initializers
from econas_jax.nn.darts.supernet.places import check_supernet, edge_count
from econas_jax.nn.darts.supernet.plain import run_plainly
from econas_jax.nn.darts.supernet.weights import EdgeWeights
from econas_jax.nn.network import Variables
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

IMAGE_UNIT = 4  # two reductions halve the image


class CellSupernet(nn.Module):
    """The network in which every edge computes all eight operations and sums their outputs, each times a weight.

    Liu et al., DARTS: Differentiable Architecture Search (2019), section 2.2, with the macro-net of section 3.1.1: a
    stem of 3 * channels, cells of which those at a third and at two thirds are reductions, a global mean and a linear
    classifier. 1,930,618 parameters with the defaults. Normalisations have no scale and bias but in the stem, and
    follow pools, too. The weights are arguments, so that every method of search computes its own.

    On a CPU the same function of the same variables is computed in another layout, many times as fast (`batch_last`).

    compute_dtype: the type of activations; variables, weights and logits are float32 (`precision`).
    twice_differentiable: computes plainly on a CPU, too, which a derivative of a gradient needs.
    """

    channels: int = 16
    cells: int = 8
    nodes: int = 4
    classes: int = 10
    compute_dtype: ComputeDtype = "float32"
    twice_differentiable: bool = False

    def __post_init__(self) -> None:
        check_supernet(self.channels, self.cells, self.nodes, self.classes)
        require_compute_dtype("compute_dtype", self.compute_dtype)
        super().__post_init__()

    @property
    def edges(self) -> int:
        """The edges of a cell, which are the rows of the weights."""
        return edge_count(self.nodes)

    @nn.compact
    def __call__(self, images: jax.Array, weights: EdgeWeights, *, train: bool) -> jax.Array:
        """Maps normalised images, float [batch, size, size, 3], to logits [batch, classes]; size: a multiple of 4.

        Training needs `mutable=["batch_stats"]`. Variables: `parameters`. Raises InputError for other shapes of images
        and weights.
        """
        self._check(images, weights)
        initializers = parameter_initializers(self.channels, self.cells, self.nodes, self.classes)
        initial = initial_statistics(self.channels, self.cells, self.nodes)
        parameters = {part: self.param(part, init) for part, init in initializers.items()}
        running = {part: self.variable("batch_stats", part, lambda part=part: initial[part]) for part in initial}
        if self.is_initializing():  # no value depends on the images, and tracing the cells would take seconds
            return jnp.zeros((images.shape[0], self.classes))
        statistics = {part: variable.value for part, variable in running.items()}
        pixels = rounded(images, self.compute_dtype)
        run = self._in_batch_last_layout if on_cpu() and not self.twice_differentiable else self._plainly
        features, new = run(parameters, statistics, pixels, weights, train)
        if train:
            for part, variable in running.items():
                variable.value = new[part]
        classifier = parameters["classifier"]
        return features @ classifier["kernel"] + classifier["bias"][None]

    def _plainly(
        self, parameters: Variables, statistics: Variables, images: jax.Array, weights: EdgeWeights, train: bool
    ) -> tuple[jax.Array, Variables]:
        """Returns the classifier's inputs [batch, features], and the running statistics after this batch.

        This is the network's definition: plain modules and XLA's convolutions.
        """
        net = self.channels, self.cells, self.nodes
        last, new = run_plainly(*net, parameters, statistics, images, weights, train)
        return jnp.mean(widened(last), axis=(1, 2)), new

    def _in_batch_last_layout(
        self, parameters: Variables, statistics: Variables, images: jax.Array, weights: EdgeWeights, train: bool
    ) -> tuple[jax.Array, Variables]:
        """Returns what `_plainly` does, as a CPU computes it fast (`batch_last`)."""
        net = Macro(self.channels, self.cells, self.nodes, images.shape[1], train)
        last, used = run_cells(net, parameters, statistics, images, weights)
        new = running_averages(statistics, used) if train else statistics
        return jnp.mean(widened(last), axis=1).T, new

    def _check(self, images: jax.Array, weights: EdgeWeights) -> None:
        shaped = images.ndim == 4 and images.shape[3] == 3
        square = shaped and images.shape[1] == images.shape[2] > 0 and images.shape[1] % IMAGE_UNIT == 0
        allowed = f"[batch, size, size, 3] with a size that is a multiple of {IMAGE_UNIT}"
        require(square, "images.shape", images.shape, allowed)
        expected = (self.edges, len(SEARCH_OPERATIONS))
        for name, table in weights._asdict().items():
            require(table.shape == expected, f"weights.{name}.shape", table.shape, str(expected))
