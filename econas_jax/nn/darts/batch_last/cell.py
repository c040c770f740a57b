"""One cell of a network in the layout [channels, positions, batch], from the products of its inputs' convolutions."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.layers import Tree, normalised
from econas_jax.nn.darts.batch_last.operations import EdgeShape, apply_operation
from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.kernels.spatial import output_size
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype


class CellShape(NamedTuple):
    """The static side of a cell: its genotype, the size of its inputs' maps, whether it halves them, and the mode."""

    genotype: CellGenotype
    size: int
    reduction: bool
    train: bool

    def edge(self, source: int) -> EdgeShape:
        """Returns the shape of an edge that reads a state."""
        if not self.reduction:
            return EdgeShape(self.size, 1, self.train)
        if source < CELL_INPUTS:
            return EdgeShape(self.size, 2, self.train)
        return EdgeShape(output_size(self.size, 2), 1, self.train)


def run_cell(
    shape: CellShape, parameters: Tree, statistics: Tree, products: tuple[jax.Array, jax.Array], drop_path: DropPath | None
) -> tuple[jax.Array, Tree]:
    """Returns the concatenated nodes [len(concat) * channels, positions, batch] and the statistics used.

    products: of the 1x1 convolutions of input 0 and input 1, not yet normalised; drop_path: this cell's, or None.
    """
    states, new = [], {}
    for name, product in zip(("preprocess0", "preprocess1"), products, strict=True):
        state, new[name] = normalised(parameters[name], statistics[name], product, shape.train)
        states.append(state)
    edges, terms = shape.genotype.edges, []
    scales = None if drop_path is None else drop_path.scales(len(edges), products[0].shape[-1])
    for index, (operation, source) in enumerate(edges):
        edge, name = shape.edge(source), f"edge{index}"
        given = parameters.get(name, {}), statistics.get(name, {})
        x, used = apply_operation(operation, edge, states[source], *given)
        if used:
            new[name] = used
        if scales is not None and not (operation == "skip_connect" and edge.stride == 1):
            x = (x * scales[index][None, None]).astype(x.dtype)
        terms.append(x)
        if index % 2 == 1:
            states.append(terms[-2] + terms[-1])
    return jnp.concatenate([states[node] for node in shape.genotype.concat]), new
