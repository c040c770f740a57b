"""The parts of a cell whose genotype is data, and which rows its edges read and add to.

States (the two inputs, then the nodes) are rows [channels, positions, batch] of one or two buffers. In a normal cell
they are rows of one buffer. In a reduction cell inputs and nodes differ in size: the inputs have a buffer of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.darts.engine.operations import Arrays, EdgeShape
from econas_jax.nn.darts.engine.rows import INPUTS, CellRows
from econas_jax.nn.kernels.indexing import read
from econas_jax.nn.kernels.spatial import output_size

StateRows = tuple[jax.Array, ...]
GRADIENT_INPUTS, INPUT1_ROW = 3, 1  # a stage's gradients begin with three rows: input 1's between two of input 0


class CellShape(NamedTuple):
    """The static side of a cell: the size of its inputs' maps, whether it halves them, and the mode.

    branch_free: an edge is computed by one blended operation instead of a switch, which pays under `vmap`.
    """

    size: int
    reduction: bool
    train: bool
    branch_free: bool = False

    @property
    def edges(self) -> tuple[EdgeShape, ...]:
        """The shape of the edges that read each buffer; in a reduction cell those from the inputs have stride 2."""
        if self.reduction:
            return EdgeShape(self.size, 2, self.train), EdgeShape(output_size(self.size, 2), 1, self.train)
        return (EdgeShape(self.size, 1, self.train),)


class CellArrays(NamedTuple):
    """The arrays of one cell's edges: the genotype, the union parameters and the statistics, each with an edge axis.

    Without branches the parameters are packed (`blended_parameters`).
    In training mode the statistics only fill the slots that no operation normalises with; in the backward pass they are
    those that the forward pass returned.
    """

    genotype: CellRows
    parameters: Arrays
    statistics: Arrays


def row_read(shape: CellShape, source: jax.Array) -> jax.Array:
    """Returns the row of its buffer that an edge reads; source: which of the cell's states."""
    return source - INPUTS * (source >= INPUTS) if shape.reduction else source


def row_written(shape: CellShape, genotype: CellRows, edge: jax.Array) -> jax.Array:
    """Returns the cell's row in the last buffer that holds the node to which an edge adds."""
    return read(genotype.targets, edge) - (INPUTS if shape.reduction else 0)


def gradient_row(row: jax.Array, input0: jax.Array | None) -> jax.Array:
    """Returns the row of the gradients for a cell's row; input0: the result of `input0_row` for a stage's cell."""
    return row if input0 is None else jnp.where(row == 0, input0, row + (row >= INPUTS))


def input0_row(step: jax.Array | int) -> jax.Array:
    """Returns the row of a stage's gradients that belongs to input 0 at this step of the backward pass.

    The other one of two rows belongs to input 0 of the step before. It waits until the cell whose output that input was
    is reached: if it were taken out of the buffer, XLA would see no order between that and later writes into the
    buffer, and would copy the buffer for each cell.
    """
    return (GRADIENT_INPUTS - 1) * jax.lax.rem(jnp.asarray(step), 2)


def no_gradient(tree: Any) -> Any:
    """Returns the cotangent of a tree of integers."""
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, jax.dtypes.float0), tree)
