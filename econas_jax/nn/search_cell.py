"""A cell whose genotype is data: a loop over edges that switches to each edge's operation, and its own gradient.

Why an own gradient: automatic differentiation of a switch saves what any branch might need, 61 arrays and 50 MiB an
edge, and fills the slots of the branches not taken with zeros. Here the backward pass walks the edges in reverse, and
the branch taken computes its operation again, so that only the cell's states are kept.

States (the two inputs, then the nodes) are rows [channels, positions, batch] of one or two buffers. In a normal cell
all are rows of one. In a reduction cell inputs and nodes differ in size: the inputs are a buffer of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.genotype import EncodedCell
from econas_jax.nn.search_operations import EdgeShape, Tree, edge_operations
from econas_jax.nn.spatial import output_size

Buffers = tuple[jax.Array, ...]
INPUTS = 2


class CellShape(NamedTuple):
    """The static side of a cell: the size of its inputs' maps, whether it halves them, and the mode."""

    size: int
    reduction: bool
    train: bool

    @property
    def edges(self) -> tuple[EdgeShape, ...]:
        """The shape of the edges that read each buffer: in a reduction cell those from the inputs have stride 2."""
        if self.reduction:
            return EdgeShape(self.size, 2, self.train), EdgeShape(output_size(self.size, 2), 1, self.train)
        return (EdgeShape(self.size, 1, self.train),)


class Cell(NamedTuple):
    """What the edges of one cell need: the choice, the union parameters and the statistics, each with an edge axis.

    In training mode the statistics only fill the slots that no operation normalises with.
    """

    genotype: EncodedCell
    parameters: Tree
    statistics: Tree


def run_edges(shape: CellShape, cell: Cell, buffers: Buffers, base: jax.Array | int = 0) -> tuple[Buffers, Tree]:
    """Computes all nodes in order, into their rows; base: the row of the first buffer where the cell's states begin.

    Node rows may hold anything before. Returns the buffers and the statistics of every edge.
    """
    branches = [
        functools.partial(_value_branch, operation, buffer)
        for buffer, edge_shape in enumerate(shape.edges)
        for operation in edge_operations(edge_shape)
    ]

    def body(edge: jax.Array, carry: tuple[Buffers, Tree]) -> tuple[Buffers, Tree]:
        buffers, statistics = carry
        branch, row = _address(shape, cell.genotype, edge, base)
        at_edge = (take(cell.parameters, edge), take(statistics, edge))
        output, edge_statistics = jax.lax.switch(branch, branches, buffers, row, *at_edge)
        target = _target(shape, edge, base)
        so_far = jnp.where(edge % 2 == 0, 0.0, read(buffers[-1], target))  # a node's first edge starts its sum
        return (*buffers[:-1], write(buffers[-1], so_far + output, target)), put(statistics, edge_statistics, edge)

    return jax.lax.fori_loop(0, cell.genotype.operations.shape[0], body, (buffers, cell.statistics))


def run_edges_backward(
    shape: CellShape, cell: Cell, buffers: Buffers, gradients: Buffers, base: jax.Array | int = 0
) -> tuple[Buffers, Tree]:
    """The gradient of `run_edges` in training mode; buffers: those it returned.

    gradients: for each buffer one row for each of the cell's states in it, with the nodes' own gradients in the rows of
    the nodes and zeros in those of the inputs. Returns them with all that the edges add, and the parameters' gradients.
    """
    branches = [
        functools.partial(_gradient_branch, operation, buffer)
        for buffer, edge_shape in enumerate(shape.edges)
        for operation in edge_operations(edge_shape)
    ]
    edges = cell.genotype.operations.shape[0]

    def body(step: jax.Array, carry: tuple[Buffers, Tree]) -> tuple[Buffers, Tree]:
        gradients, parameter_gradients = carry
        edge = edges - 1 - step
        branch, row = _address(shape, cell.genotype, edge, 0)
        output_gradient = read(gradients[-1], _target(shape, edge, 0))
        at_edge = (take(cell.parameters, edge), take(cell.statistics, edge))
        added, edge_gradient = jax.lax.switch(branch, branches, buffers, row + base, *at_edge, output_gradient)
        # a buffer that was not read gets zeros added to some row: an index beyond its end is clamped
        gradients = tuple(
            write(whole, read(whole, row) + part, row) for whole, part in zip(gradients, added, strict=True)
        )
        return gradients, put(parameter_gradients, edge_gradient, edge)

    zeros = jax.tree.map(jnp.zeros_like, cell.parameters)
    return jax.lax.fori_loop(0, edges, body, (gradients, zeros))


def _value_branch(
    operation: Callable[..., Any], buffer: int, buffers: Buffers, row: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    output: tuple[jax.Array, Tree] = operation(read(buffers[buffer], row), parameters, statistics)
    return output


def _gradient_branch(
    operation: Callable[..., Any],
    buffer: int,
    buffers: Buffers,
    row: jax.Array,
    parameters: Tree,
    statistics: Tree,
    output_gradient: jax.Array,
) -> tuple[Buffers, Tree]:
    """Gradients with respect to a state of every buffer (zeros but for the one read) and to the edge's parameters."""
    _, pull_back = jax.vjp(lambda x, p: operation(x, p, statistics)[0], read(buffers[buffer], row), parameters)
    input_gradient, parameter_gradient = pull_back(output_gradient)
    zeros = [jnp.zeros(whole.shape[1:], whole.dtype) for whole in buffers]
    zeros[buffer] = input_gradient
    return tuple(zeros), parameter_gradient


def _address(
    shape: CellShape, genotype: EncodedCell, edge: jax.Array, base: jax.Array | int
) -> tuple[jax.Array, jax.Array]:
    """Which branch computes an edge, and which row of its buffer it reads."""
    operation, source = genotype.operations[edge], genotype.inputs[edge]
    if not shape.reduction:
        return operation, base + source
    from_node = source >= INPUTS
    return operation + len(edge_operations(shape.edges[0])) * from_node, source - INPUTS * from_node


def _target(shape: CellShape, edge: jax.Array, base: jax.Array | int) -> jax.Array:
    """The row of the last buffer that holds the node an edge adds to."""
    return edge // 2 + (0 if shape.reduction else base + INPUTS)


def read(whole: jax.Array, index: jax.Array | int) -> jax.Array:
    """whole[index], the index being data."""
    return jax.lax.dynamic_index_in_dim(whole, index, keepdims=False)


def write(whole: jax.Array, part: jax.Array, index: jax.Array | int) -> jax.Array:
    """whole with whole[index] = part."""
    return jax.lax.dynamic_update_index_in_dim(whole, part, index, 0)


def take(tree: Tree, index: jax.Array | int) -> Tree:
    """`read` of every leaf."""
    return jax.tree.map(lambda leaf: read(leaf, index), tree)


def put(tree: Tree, part: Tree, index: jax.Array | int) -> Tree:
    """`write` into every leaf."""
    return jax.tree.map(lambda leaf, new: write(leaf, new, index), tree, part)


def no_gradient(tree: Any) -> Any:
    """The cotangent of integers."""
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, jax.dtypes.float0), tree)
