"""The weights of the operations' outputs, which a search computes, and the parameters that a choice of them uses."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.supernet.places import edges_of_inputs
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS


class EdgeWeights(NamedTuple):
    """The weights that multiply the operations' outputs, shared by all cells of a kind.

    normal, reduction: float32 [edges, operations], 14 x 8 for 4 nodes: edges node by node, what they read ascending;
    operations in the order of `spaces.darts.genotype.SEARCH_OPERATIONS`. A softmax of alphas, a Gumbel sample, a choice
    of one operation, or anything else.
    """

    normal: jax.Array
    reduction: jax.Array


def operation_masks(parameters: Variables, weights: EdgeWeights) -> Variables:
    """Returns the tree of `parameters` with 1 where a value belongs to an operation of weight other than 0, else 0.

    Values outside the operations (stem, inputs' convolutions, classifier) are always used. Each mask broadcasts to its
    leaf. Only `parameters`' shapes are read; a cell with factorized reduces is a reduction cell.
    """

    def of_cell(cell: Variables) -> Variables:
        table = weights.reduction if "skip_connect" in cell else weights.normal
        used = (table != 0).astype(jnp.float32)
        return {
            part: jax.tree.map(lambda leaf, part=part: _rows(used[:, SEARCH_OPERATIONS.index(part)], leaf), leaves)
            if part in SEARCH_OPERATIONS
            else jax.tree.map(lambda leaf: jnp.ones((1,) * leaf.ndim), leaves)
            for part, leaves in cell.items()
        }

    return {
        name: of_cell(part) if name.startswith("cell") else jax.tree.map(lambda leaf: jnp.ones((1,) * leaf.ndim), part)
        for name, part in parameters.items()
    }


def _rows(used: jax.Array, leaf: jax.Array) -> jax.Array:
    """Returns a mask of a leaf whose first axis are edges.

    A factorized reduce is on the edges from a cell's inputs alone.
    """
    if leaf.shape[0] != used.shape[0]:
        used = used[jnp.asarray(edges_of_inputs(leaf.shape[0] // CELL_INPUTS))]
    return used.reshape(-1, *(1,) * (leaf.ndim - 1))
