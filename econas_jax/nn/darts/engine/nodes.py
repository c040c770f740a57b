"""A cell computed node by node and without a branch, for `vmap` over candidates.

An accelerator that trains several candidates runs thousands of small kernels a step; half as many, each of twice the
work, take less time. So both edges of a node are computed at once, by the operation that blends all eight: both read
states before the node.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.engine.blended_parameters import Choice, pack
from econas_jax.nn.darts.engine.edge_functions import blended_functions
from econas_jax.nn.darts.engine.operations import Arrays
from econas_jax.nn.darts.engine.parts import CellArrays, CellShape, StateRows, gradient_row, row_read, row_written
from econas_jax.nn.darts.engine.rows import INPUTS, CellRows
from econas_jax.nn.kernels.indexing import add, put_rows, read, take_rows, write

EDGES = 2  # of a node


def pack_edges(shape: CellShape, genotype: CellRows, parameters: Arrays) -> Arrays:
    """Packs the parameters of all edges of a cell, [edges, ...], or of several cells, [cells, edges, ...]."""

    def of_cell(parameters: Arrays) -> Arrays:
        packed: Arrays = jax.vmap(functools.partial(pack, shape.edges))(_choices(shape, genotype), parameters)
        return packed

    one_cell = parameters["bias"].ndim == 3  # [edges, 2, channels]
    return of_cell(parameters) if one_cell else jax.vmap(of_cell)(parameters)


def run_nodes(
    shape: CellShape, cell: CellArrays, buffers: StateRows, base: jax.Array | int
) -> tuple[StateRows, Arrays]:
    """Computes what `edges.run_edges` does."""
    value = blended_functions(shape.edges).value
    base = 0 if shape.reduction else base

    def body(node: jax.Array, carry: tuple[StateRows, Arrays]) -> tuple[StateRows, Arrays]:
        buffers, statistics = carry
        rows, choices, parameters, old = _edges(shape, cell, node)

        def of_edge(row: jax.Array, choice: Choice, parameters: Arrays, statistics: Arrays) -> tuple[jax.Array, Arrays]:
            return value(choice, [read(buffer, row) for buffer in buffers], parameters, statistics)

        outputs, new = jax.vmap(of_edge)(rows + base, choices, parameters, old)
        *others, nodes = buffers
        nodes = write(nodes, outputs[0] + outputs[1], row_written(shape, cell.genotype, EDGES * node) + base)
        return (*others, nodes), put_rows(statistics, new, EDGES * node)

    return jax.lax.fori_loop(0, _nodes(cell), body, (buffers, cell.statistics))


def run_nodes_backward(
    shape: CellShape,
    cell: CellArrays,
    buffers: StateRows,
    gradients: StateRows,
    base: jax.Array | int,
    input0: jax.Array | None = None,
) -> tuple[StateRows, Arrays]:
    """Computes what `edges.run_edges_backward` does."""
    gradient = blended_functions(tuple(edge._replace(statistics_given=True) for edge in shape.edges)).gradient

    def body(step: jax.Array, carry: tuple[StateRows, Arrays]) -> tuple[StateRows, Arrays]:
        gradients, parameter_gradients = carry
        node = _nodes(cell) - 1 - step
        rows, choices, parameters, old = _edges(shape, cell, node)
        node_row = row_written(shape, cell.genotype, EDGES * node)
        node_gradient = read(gradients[-1], gradient_row(node_row, input0))

        def of_edge(
            row: jax.Array, choice: Choice, parameters: Arrays, statistics: Arrays
        ) -> tuple[list[jax.Array], Arrays]:
            states = [read(buffer, row) for buffer in buffers]
            return gradient(choice, states, parameters, statistics, node_gradient)

        parts, new = jax.vmap(of_edge)(rows + base, choices, parameters, old)
        for edge in range(EDGES):  # one after the other, because both may have read the same state
            row = gradient_row(rows[edge], input0)
            gradients = tuple(add(whole, part[edge], row) for whole, part in zip(gradients, parts, strict=True))
        return gradients, put_rows(parameter_gradients, new, EDGES * node)

    return jax.lax.fori_loop(0, _nodes(cell), body, (gradients, jax.tree.map(jnp.zeros_like, cell.parameters)))


def _nodes(cell: CellArrays) -> int:
    return cell.genotype.operations.shape[0] // EDGES


def _edges(shape: CellShape, cell: CellArrays, node: jax.Array) -> tuple[jax.Array, Choice, Arrays, Arrays]:
    """Returns the rows that a node's edges read, their choices, parameters and statistics."""
    rows = row_read(shape, cell.genotype.inputs)
    edges = rows, _choices(shape, cell.genotype), cell.parameters, cell.statistics
    return take_rows(edges, EDGES * node, EDGES)


def _choices(shape: CellShape, genotype: CellRows) -> Choice:
    """Returns the choices of all edges; a reduction cell has two buffers to read from."""
    return Choice(genotype.operations, ((genotype.inputs >= INPUTS) & shape.reduction).astype(jnp.int32))
