"""A cell whose genotype is data: a loop over edges that switches to each edge's operation, and its own gradient.

Its gradient is written by hand: automatic differentiation of a switch saves what any branch might need, 61 arrays and
50 MiB an edge, and fills the slots of the branches not taken with zeros. Here the backward pass walks the edges in
reverse, and the branch taken computes its operation again, so that only the cell's states are kept.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.engine.edge_functions import EdgeFunctions, edge_functions
from econas_jax.nn.darts.engine.nodes import run_nodes, run_nodes_backward
from econas_jax.nn.darts.engine.operations import Arrays, EdgeShape
from econas_jax.nn.darts.engine.parts import CellArrays, CellShape, StateRows, gradient_row, row_read, row_written
from econas_jax.nn.darts.engine.rows import INPUTS, CellRows
from econas_jax.nn.kernels.indexing import add, put, read, take
from econas_jax.nn.kernels.switch import switch_into
from econas_jax.nn.platform import on_cpu
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

Carry = tuple[StateRows, Arrays]
Parts = tuple[jax.Array | None, ...]  # for each buffer what is added to one of its rows


def run_edges(
    shape: CellShape, cell: CellArrays, buffers: StateRows, base: jax.Array | int = 0
) -> tuple[StateRows, Arrays]:
    """Computes all nodes in order, into their rows; base: the row of the first buffer where the cell's states begin.

    Node rows may hold anything before. Returns the buffers and the statistics of every edge.
    """
    if shape.branch_free:
        return run_nodes(shape, cell, buffers, base)

    def branch(functions: EdgeFunctions, buffer: int, edge: jax.Array, carry: Carry) -> tuple[jax.Array, Arrays]:
        buffers, statistics = carry
        row = row_read(shape, read(cell.genotype.inputs, edge)) + (0 if shape.reduction else base)
        return functions.value(read(buffers[buffer], row), take(cell.parameters, edge), take(statistics, edge))

    def update(edge: jax.Array, carry: Carry, outcome: tuple[jax.Array, Arrays]) -> Carry:
        (*others, nodes), statistics = carry
        output, edge_statistics = outcome
        goes_on = jax.lax.rem(edge, 2) != 0  # a node's first edge starts the sum
        nodes = add(nodes, output, row_written(shape, cell.genotype, edge) + (0 if shape.reduction else base), goes_on)
        return (*others, nodes), put(statistics, edge_statistics, edge)

    branches = _branches(branch, shape.edges)

    def body(edge: jax.Array, carry: Carry) -> Carry:
        return switch_into(_branch_taken(shape, cell.genotype, edge), edge, branches, update, carry)

    return jax.lax.fori_loop(0, cell.genotype.operations.shape[0], body, (buffers, cell.statistics))


def run_edges_backward(
    shape: CellShape,
    cell: CellArrays,
    buffers: StateRows,
    gradients: StateRows,
    base: jax.Array | int = 0,
    input0: jax.Array | None = None,
) -> tuple[StateRows, Arrays]:
    """Computes the gradient of `run_edges` in training mode; buffers and the cell's statistics: those it returned.

    gradients: for each buffer one row for each of the cell's states in it, with the nodes' own gradients in the rows of
    the nodes and zeros in those of the inputs; input0: see `gradient_row`. Returns them with everything that the edges
    add, and the parameters' gradients.
    """
    if shape.branch_free:
        return run_nodes_backward(shape, cell, buffers, gradients, base, input0)

    def branch(functions: EdgeFunctions, buffer: int, edge: jax.Array, carry: Carry) -> tuple[Parts, Arrays]:
        """Returns gradients with respect to a state of every buffer and to the edge's parameters.

        A buffer that is not read has None on CPU and zeros elsewhere: all outcomes of a conditional have one structure.
        """
        gradients, _ = carry
        x = read(buffers[buffer], row_read(shape, read(cell.genotype.inputs, edge)) + base)
        given = take(cell.parameters, edge), take(cell.statistics, edge)
        node_gradient = read(gradients[-1], gradient_row(row_written(shape, cell.genotype, edge), input0))
        input_gradient, parameter_gradient = functions.gradient(x, *given, node_gradient)
        unread = [None if on_cpu() else jnp.zeros(whole.shape[1:], whole.dtype) for whole in buffers]
        return (*unread[:buffer], input_gradient, *unread[buffer + 1 :]), parameter_gradient

    def update(edge: jax.Array, carry: Carry, outcome: tuple[Parts, Arrays]) -> Carry:
        gradients, parameter_gradients = carry
        added, edge_gradient = outcome
        row = gradient_row(row_read(shape, read(cell.genotype.inputs, edge)), input0)
        # A buffer that was not read has zeros added to some row: an index beyond its end is clamped.
        gradients = tuple(
            whole if part is None else add(whole, part, row) for whole, part in zip(gradients, added, strict=True)
        )
        return gradients, put(parameter_gradients, edge_gradient, edge)

    branches = _branches(branch, tuple(edge._replace(statistics_given=True) for edge in shape.edges))
    edges = cell.genotype.operations.shape[0]

    def body(step: jax.Array, carry: Carry) -> Carry:
        edge = edges - 1 - step
        return switch_into(_branch_taken(shape, cell.genotype, edge), edge, branches, update, carry)

    zeros = jax.tree.map(jnp.zeros_like, cell.parameters)
    return jax.lax.fori_loop(0, edges, body, (gradients, zeros))


def _branches(branch: Callable[..., Any], edges: Sequence[EdgeShape]) -> list[Callable[..., Any]]:
    """Returns branch(functions, buffer, edge, carry) for every operation on the first buffer, then on the second."""
    return [
        functools.partial(branch, functions, buffer)
        for buffer, shape in enumerate(edges)
        for functions in edge_functions(shape)
    ]


def _branch_taken(shape: CellShape, genotype: CellRows, edge: jax.Array) -> jax.Array:
    """Returns the branch index of an edge.

    In a reduction cell, branches that read inputs come first, then those that read nodes.
    """
    operation = read(genotype.operations, edge)
    if not shape.reduction:
        return operation
    return operation + len(SEARCH_OPERATIONS) * (read(genotype.inputs, edge) >= INPUTS)
