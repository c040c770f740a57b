"""A cell whose genotype is data: a loop over edges that switches to each edge's operation, and its own gradient.

Why an own gradient: automatic differentiation of a switch saves what any branch might need, 61 arrays and 50 MiB an
edge, and fills the slots of the branches not taken with zeros. Here the backward pass walks the edges in reverse, and
the branch taken computes its operation again, so that only the cell's states are kept.

States (the two inputs, then the nodes) are rows [channels, positions, batch] of one or two buffers. In a normal cell
all are rows of one. In a reduction cell inputs and nodes differ in size: the inputs are a buffer of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.genotype import SEARCH_OPERATIONS
from econas_jax.nn.edge_functions import EdgeFunctions, edge_functions
from econas_jax.nn.search_operations import EdgeShape, Tree
from econas_jax.nn.search_rows import INPUTS, CellRows
from econas_jax.nn.spatial import output_size
from econas_jax.nn.switch import switch_into

Buffers = tuple[jax.Array, ...]


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
        """The shape of the edges that read each buffer: in a reduction cell those from the inputs have stride 2."""
        if self.reduction:
            return EdgeShape(self.size, 2, self.train), EdgeShape(output_size(self.size, 2), 1, self.train)
        return (EdgeShape(self.size, 1, self.train),)


class Cell(NamedTuple):
    """What the edges of one cell need: the choice, the union parameters and the statistics, each with an edge axis.

    In training mode the statistics only fill the slots that no operation normalises with; in the backward pass they are
    those that the forward pass returned.
    """

    genotype: CellRows
    parameters: Tree
    statistics: Tree


def run_edges(shape: CellShape, cell: Cell, buffers: Buffers, base: jax.Array | int = 0) -> tuple[Buffers, Tree]:
    """Computes all nodes in order, into their rows; base: the row of the first buffer where the cell's states begin.

    Node rows may hold anything before. Returns the buffers and the statistics of every edge.
    """
    branches = [
        functools.partial(_value_branch, shape, cell, base, functions, buffer)
        for buffer, edge in enumerate(shape.edges)
        for functions in edge_functions(edge, shape.branch_free)
    ]

    def update(edge: jax.Array, carry: tuple[Buffers, Tree], outcome: tuple[jax.Array, Tree]) -> tuple[Buffers, Tree]:
        (*others, nodes), statistics = carry
        output, edge_statistics = outcome
        goes_on = jax.lax.rem(edge, 2) != 0  # a node's first edge starts its sum
        nodes = add(nodes, output, _target(shape, cell.genotype, edge) + (0 if shape.reduction else base), goes_on)
        return (*others, nodes), put(statistics, edge_statistics, edge)

    def body(edge: jax.Array, carry: tuple[Buffers, Tree]) -> tuple[Buffers, Tree]:
        return _choose(shape, cell.genotype, edge, branches, update, carry)

    return jax.lax.fori_loop(0, cell.genotype.operations.shape[0], body, (buffers, cell.statistics))


def run_edges_backward(
    shape: CellShape, cell: Cell, buffers: Buffers, gradients: Buffers, base: jax.Array | int = 0
) -> tuple[Buffers, Tree]:
    """The gradient of `run_edges` in training mode; buffers, and the cell's statistics: those it returned.

    gradients: for each buffer one row for each of the cell's states in it, with the nodes' own gradients in the rows of
    the nodes and zeros in those of the inputs. Returns them with all that the edges add, and the parameters' gradients.
    """
    branches = [
        functools.partial(_gradient_branch, shape, cell, base, buffers, functions, buffer)
        for buffer, edge in enumerate(shape.edges)
        for functions in edge_functions(edge._replace(known=True), shape.branch_free)
    ]
    edges = cell.genotype.operations.shape[0]

    def update(edge: jax.Array, carry: tuple[Buffers, Tree], outcome: tuple[Buffers, Tree]) -> tuple[Buffers, Tree]:
        gradients, parameter_gradients = carry
        added, edge_gradient = outcome
        row = _row(shape, cell.genotype, edge)
        # a buffer that was not read gets zeros added to some row: an index beyond its end is clamped
        gradients = tuple(add(whole, part, row) for whole, part in zip(gradients, added, strict=True))
        return gradients, put(parameter_gradients, edge_gradient, edge)

    def body(step: jax.Array, carry: tuple[Buffers, Tree]) -> tuple[Buffers, Tree]:
        edge = edges - 1 - step
        return _choose(shape, cell.genotype, edge, branches, update, carry)

    zeros = jax.tree.map(jnp.zeros_like, cell.parameters)
    return jax.lax.fori_loop(0, edges, body, (gradients, zeros))


def _choose(
    shape: CellShape,
    genotype: CellRows,
    edge: jax.Array,
    branches: Sequence[Callable[[jax.Array, Any], Any]],
    update: Callable[[jax.Array, Any, Any], Any],
    carry: Any,
) -> Any:
    """The carry after an edge: by a switch, or by all (one or two) branches and a selection."""
    if not shape.branch_free:
        return switch_into(_branch(shape, genotype, edge), edge, branches, update, carry)
    first, *others = (branch(edge, carry) for branch in branches)
    outcome = first
    for other in others:  # what was read of the wrong buffer may be anything, NaN too: nothing of it is kept
        outcome = jax.tree.map(functools.partial(jnp.where, read(genotype.inputs, edge) >= INPUTS), other, outcome)
    return update(edge, carry, outcome)


def _value_branch(
    shape: CellShape,
    cell: Cell,
    base: jax.Array | int,
    functions: EdgeFunctions,
    buffer: int,
    edge: jax.Array,
    carry: tuple[Buffers, Tree],
) -> tuple[jax.Array, Tree]:
    buffers, statistics = carry
    row = _row(shape, cell.genotype, edge) + (0 if shape.reduction else base)
    x, number = read(buffers[buffer], row), read(cell.genotype.operations, edge)
    return functions.value(number, x, take(cell.parameters, edge), take(statistics, edge))


def _gradient_branch(
    shape: CellShape,
    cell: Cell,
    base: jax.Array | int,
    buffers: Buffers,
    functions: EdgeFunctions,
    buffer: int,
    edge: jax.Array,
    carry: tuple[Buffers, Tree],
) -> tuple[Buffers, Tree]:
    """Gradients with respect to a state of every buffer (zeros but for the one read) and to the edge's parameters."""
    gradients, _ = carry
    x = read(buffers[buffer], _row(shape, cell.genotype, edge) + base)
    parameters, statistics = take(cell.parameters, edge), take(cell.statistics, edge)
    node_gradient = read(gradients[-1], _target(shape, cell.genotype, edge))
    number = read(cell.genotype.operations, edge)
    input_gradient, parameter_gradient = functions.gradient(number, x, parameters, statistics, node_gradient)
    zeros = [jnp.zeros(whole.shape[1:], whole.dtype) for whole in buffers]
    zeros[buffer] = input_gradient
    return tuple(zeros), parameter_gradient


def _branch(shape: CellShape, genotype: CellRows, edge: jax.Array) -> jax.Array:
    """Which branch computes an edge: its operation, in a reduction cell those on inputs before those on nodes."""
    operation = read(genotype.operations, edge)
    if not shape.reduction:
        return operation
    return operation + len(SEARCH_OPERATIONS) * (read(genotype.inputs, edge) >= INPUTS)


def _row(shape: CellShape, genotype: CellRows, edge: jax.Array) -> jax.Array:
    """Which of the cell's rows in its buffer an edge reads."""
    source = read(genotype.inputs, edge)
    return source - INPUTS * (source >= INPUTS) if shape.reduction else source


def _target(shape: CellShape, genotype: CellRows, edge: jax.Array) -> jax.Array:
    """Which of the cell's rows in the last buffer holds the node an edge adds to."""
    return read(genotype.targets, edge) - (INPUTS if shape.reduction else 0)


def read(whole: jax.Array | np.ndarray, index: jax.Array | int) -> jax.Array:
    """whole[index], the index being data; to allow for negative ones would take three more equations."""
    return jax.lax.dynamic_index_in_dim(whole, index, keepdims=False, allow_negative_indices=False)


def write(whole: jax.Array, part: jax.Array, index: jax.Array | int) -> jax.Array:
    """whole with whole[index] = part."""
    return jax.lax.dynamic_update_index_in_dim(whole, part, index, 0, allow_negative_indices=False)


def add(whole: jax.Array, part: jax.Array, index: jax.Array, goes_on: jax.Array | bool = True) -> jax.Array:
    """whole with part added to whole[index], or put there if the sum does not go on.

    Between reading the row and writing it nothing changes the number of axes: past a reshape XLA does not see that both
    are at one place, and copies the row instead of adding to it in place.
    """
    row = jax.lax.dynamic_slice_in_dim(whole, index, 1, allow_negative_indices=False)
    total = jnp.where(goes_on, row, 0.0) + part[None]
    return jax.lax.dynamic_update_slice_in_dim(whole, total, index, 0, allow_negative_indices=False)


def take(tree: Tree, index: jax.Array | int) -> Tree:
    """`read` of every leaf."""
    return jax.tree.map(lambda leaf: read(leaf, index), tree)


def put(tree: Tree, part: Tree, index: jax.Array | int) -> Tree:
    """`write` into every leaf."""
    return jax.tree.map(lambda leaf, new: write(leaf, new, index), tree, part)


def no_gradient(tree: Any) -> Any:
    """The cotangent of integers."""
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, jax.dtypes.float0), tree)
