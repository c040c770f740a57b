"""SMASH's hypernetwork for the supernet of cells: it makes the operations' 1x1 kernels from the code of a genotype.

Brock et al., SMASH: One-Shot Model Architecture Search through HyperNetworks (2018), section 3.1. As there, every part
of a kernel has a place in a layout, and one small DenseNet maps the code at each place, and noise, to that part. Its
weights are divided by their norms, and so is every kernel.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from econas_jax.nn.darts.supernet.parameters import SEPARABLE
from econas_jax.nn.darts.supernet.places import cell_places, edge_count
from econas_jax.nn.darts.supernet.weights import EdgeWeights
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.spaces.darts.macro_net import CellPlace

# Of an edge: operations and the names of their convolutions whose kernels are made.
POINTWISE = tuple(
    (name, f"Conv_{2 * repeat + 1}") for name, (_, repeats) in SEPARABLE.items() for repeat in range(repeats)
)
BLOCKS = 4  # a side of the widest kernels: two reductions double the channels
SLOPE = 0.02  # of the leaky rectifier below 0, the authors'
SMALLEST = 1e-12  # added to a squared norm: that of zeros would have no gradient


@dataclasses.dataclass(frozen=True)
class Hypernetwork:
    """A DenseNet of 1x1 convolutions over the places of a layout: cell, edge, convolution, and block of its kernel.

    A kernel of a cell with k times the first cells' channels C has k^2 blocks of C x C values. Each block's input is
    one number of noise and, as 1 or -1, which operations the edges of its kind of cell have and where the block stands.

    channels, cells, nodes: of the supernet; layers: of the DenseNet, each of `growth` channels.
    """

    channels: int
    cells: int
    nodes: int
    layers: int
    growth: int

    def init(self, key: jax.Array) -> Variables:
        """Returns new weights, float32: of each layer [inputs, growth], of the last [inputs, channels^2]."""
        inputs = 1 + edge_count(self.nodes) * len(SEARCH_OPERATIONS) + sum(self._sizes)
        shapes = [(inputs + layer * self.growth, self.growth) for layer in range(self.layers)]
        shapes.append((inputs + self.layers * self.growth, self.channels**2))
        keys = jax.random.split(key, len(shapes))
        return {
            f"layer{layer}": jax.random.normal(own, shape) / shape[0] ** 0.5
            for layer, (own, shape) in enumerate(zip(keys, shapes, strict=True))
        }

    def kernels(self, weights: Variables, edges: EdgeWeights, key: jax.Array) -> Variables:
        """Returns the 1x1 kernels [edges, 1, 1, width, width] of a genotype, in the supernet's tree of parameters.

        weights: as `init` makes them. edges: other than 0 where an edge has an operation. key: of the noise. Each
        edge's kernel has the norm 1.
        """
        x = self._inputs(edges, key)
        for layer in range(self.layers):
            rectified = jax.nn.leaky_relu(x, SLOPE) if layer else x
            x = jnp.concatenate([x, rectified @ _normalised(weights[f"layer{layer}"])], axis=1)
        blocks = jax.nn.leaky_relu(x, SLOPE) @ _normalised(weights[f"layer{self.layers}"])
        made: Variables = {}
        begin = 0
        for place in cell_places(self.channels, self.cells):
            count = len(self._layout(place))
            made[f"cell{place.position}"] = self._of_cell(place, blocks[begin : begin + count])
            begin += count
        return made

    @property
    def _sizes(self) -> Sequence[int]:
        """The numbers of cells, edges, convolutions, and rows and columns of blocks: of what a place is told by."""
        return self.cells, edge_count(self.nodes), len(POINTWISE), BLOCKS, BLOCKS

    def _layout(self, place: CellPlace) -> npt.NDArray[np.int32]:
        """Returns the cell, edge, convolution, row and column of each block of a cell, [blocks, 5]."""
        side = place.channels // self.channels
        grid = np.indices((1, edge_count(self.nodes), len(POINTWISE), side, side), np.int32).reshape(5, -1)
        grid[0] = place.position
        return grid.T

    def _inputs(self, edges: EdgeWeights, key: jax.Array) -> jax.Array:
        """Returns what the DenseNet reads, [blocks, inputs]."""
        places = cell_places(self.channels, self.cells)
        layouts = [self._layout(place) for place in places]
        tables = [edges.reduction if place.reduction else edges.normal for place in places]
        codes = [
            jnp.broadcast_to(_signs((table != 0).reshape(1, -1)), (len(layout), table.size))
            for table, layout in zip(tables, layouts, strict=True)
        ]
        where = np.concatenate(layouts)
        told = [
            _signs(jnp.asarray(column)[:, None] == jnp.arange(size)[None])
            for column, size in zip(where.T, self._sizes, strict=True)
        ]
        return jnp.concatenate([jax.random.normal(key, (len(where), 1)), jnp.concatenate(codes), *told], axis=1)

    def _of_cell(self, place: CellPlace, blocks: jax.Array) -> Variables:
        """Returns the kernels of a cell from its blocks [blocks, channels^2]."""
        edges, width = edge_count(self.nodes), place.channels
        side = width // self.channels
        apart = blocks.reshape(edges, len(POINTWISE), side, side, self.channels, self.channels)
        kernels = apart.transpose(0, 1, 2, 4, 3, 5).reshape(edges, len(POINTWISE), width, width)
        made: Variables = {}
        for number, (operation, convolution) in enumerate(POINTWISE):
            kernel = jax.vmap(_normalised)(kernels[:, number])
            made.setdefault(operation, {})[convolution] = {"kernel": kernel[:, None, None]}
        return made


def without_pointwise(parameters: Variables) -> Variables:
    """Returns the supernet's parameters but for the kernels that a hypernetwork makes."""

    def of_cell(cell: Variables) -> Variables:
        return {
            part: {name: leaf for name, leaf in own.items() if (part, name) not in POINTWISE}
            for part, own in cell.items()
        }

    return {name: of_cell(part) if name.startswith("cell") else part for name, part in parameters.items()}


def with_pointwise(parameters: Variables, kernels: Variables) -> Variables:
    """Inverts `without_pointwise`; kernels: as `Hypernetwork.kernels` makes them."""

    def of_cell(cell: Variables, made: Variables) -> Variables:
        return {part: own | made.get(part, {}) for part, own in cell.items()}

    return {name: of_cell(part, kernels[name]) if name in kernels else part for name, part in parameters.items()}


def _signs(said: jax.Array) -> jax.Array:
    return jnp.where(said, 1.0, -1.0)


def _normalised(weight: jax.Array) -> jax.Array:
    return weight / jnp.sqrt(jnp.sum(weight**2) + SMALLEST)
