"""One cell of the supernet as a CPU computes it, and its gradient: loops over its edges, one edge at a time.

So a program has one edge of each kind and compiles soon, and an edge's arrays stay in the cache. The gradient is
written by hand: automatic differentiation would keep every array of every edge.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.darts.batch_last.operations import EdgeShape
from econas_jax.nn.darts.supernet.edge import edge_gradients, run_edge
from econas_jax.nn.darts.supernet.places import edge_count
from econas_jax.nn.kernels.indexing import add, put, read, take
from econas_jax.nn.kernels.spatial import output_size
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.canonical import CELL_INPUTS


class CellShape(NamedTuple):
    """The static side of a cell: its nodes, the side of its input 1's map, whether it halves it, and the mode."""

    nodes: int
    size: int
    reduction: bool
    train: bool


class Edges(NamedTuple):
    """Edges of one shape: which they are, what they read, and the states that they add to.

    rows: their numbers in the cell; sources, targets: states, of which 0 and 1 are the inputs.
    """

    shape: EdgeShape
    rows: np.ndarray
    sources: np.ndarray
    targets: np.ndarray


def edge_groups(shape: CellShape) -> list[Edges]:
    """Returns a cell's edges in an order in which they can be computed: of a reduction those of its inputs first."""
    pairs = [(node, source) for node in range(shape.nodes) for source in range(CELL_INPUTS + node)]
    rows = [edge_count(node) + source for node, source in pairs]
    every = np.array([(row, source, CELL_INPUTS + node) for row, (node, source) in zip(rows, pairs, strict=True)])
    if not shape.reduction:
        return [Edges(EdgeShape(shape.size, 1, shape.train), *every.T)]
    of_inputs, of_nodes = every[every[:, 1] < CELL_INPUTS], every[every[:, 1] >= CELL_INPUTS]
    groups = [Edges(EdgeShape(shape.size, 2, shape.train), *of_inputs.T)]
    if len(of_nodes):
        groups.append(Edges(EdgeShape(output_size(shape.size, 2), 1, shape.train), *of_nodes.T))
    return groups


def run_cell(
    shape: CellShape, inputs: jax.Array, parameters: Variables, statistics: Variables, weights: jax.Array
) -> tuple[jax.Array, Variables]:
    """Returns the nodes [nodes, channels, positions, batch], and the statistics that the operations used.

    inputs: [2, channels, positions, batch], preprocessed; parameters, statistics: of the operations, by edge; weights:
    [edges, operations].
    """
    run = _train_cell if shape.train else _run_cell
    nodes, used = run(shape, inputs, parameters, statistics, weights)
    return nodes, used


def _run_cell(
    shape: CellShape, inputs: jax.Array, parameters: Variables, statistics: Variables, weights: jax.Array
) -> tuple[jax.Array, Variables]:
    states, used = _states(shape, inputs), statistics
    for group in edge_groups(shape):
        fixed = inputs if shape.reduction and group.shape.stride == 2 else None
        rows, sources, targets = (jnp.asarray(leaf, jnp.int32) for leaf in group[1:])

        def body(
            index: jax.Array,
            carry: tuple[jax.Array, Variables],
            group: Edges = group,
            fixed: jax.Array | None = fixed,
            tables: tuple[jax.Array, ...] = (rows, sources, targets),
        ) -> tuple[jax.Array, Variables]:
            states, used = carry
            row, source, target = (read(table, index) for table in tables)
            x = read(states if fixed is None else fixed, source)
            own = _of_edge(group, parameters, row, index), _of_edge(group, used, row, index)
            y, new = run_edge(group.shape, x, *own, read(weights, row))
            return add(states, y, target), _put_edge(group, used, new, row, index)

        states, used = jax.lax.fori_loop(0, len(group.rows), body, (states, used))
    return states[CELL_INPUTS:], used


def _states(shape: CellShape, inputs: jax.Array) -> jax.Array:
    """Returns the buffer of states before any edge: the inputs (of a reduction: nothing), and zeros for the nodes."""
    channels, _, batch = inputs.shape[1:]
    out = output_size(shape.size, 2 if shape.reduction else 1)
    zeros = jnp.zeros((CELL_INPUTS + shape.nodes, channels, out * out, batch), inputs.dtype)
    return zeros if shape.reduction else jax.lax.dynamic_update_slice_in_dim(zeros, inputs, 0, 0)


def _of_edge(group: Edges, tree: Variables, row: jax.Array, index: jax.Array) -> Variables:
    """Returns the leaves of one edge, the one of this index in its group."""
    return {
        name: take(leaves, index if name == "skip_connect" else row)
        for name, leaves in tree.items()
        if name != "skip_connect" or group.shape.stride == 2
    }


def _put_edge(group: Edges, tree: Variables, new: Variables, row: jax.Array, index: jax.Array) -> Variables:
    """Returns the tree with the leaves of one edge replaced."""
    changed = {name: put(tree[name], leaves, index if name == "skip_connect" else row) for name, leaves in new.items()}
    return tree | changed


_train_cell = jax.custom_vjp(_run_cell, nondiff_argnums=(0,))


def _forward(
    shape: CellShape, inputs: jax.Array, parameters: Variables, statistics: Variables, weights: jax.Array
) -> tuple[Any, Any]:
    nodes, used = _run_cell(shape, inputs, parameters, statistics, weights)
    return (nodes, used), (inputs, nodes, parameters, used, weights)


def _backward(shape: CellShape, residuals: Any, cotangents: Any) -> tuple[Any, ...]:
    inputs, nodes, parameters, used, weights = residuals
    gradient, _ = cotangents  # running averages are not differentiated
    states = _with_nodes(shape, inputs, nodes)
    gradients = jax.lax.dynamic_update_slice_in_dim(jnp.zeros_like(states), gradient, CELL_INPUTS, 0)
    of_inputs = jnp.zeros_like(inputs)
    of_parameters, of_weights = jax.tree.map(jnp.zeros_like, (parameters, weights))
    for group in reversed(edge_groups(shape)):
        apart = shape.reduction and group.shape.stride == 2  # what these edges read is not among the states
        tables = tuple(jnp.asarray(leaf, jnp.int32) for leaf in group[1:])

        def body(step: jax.Array, carry: Any, group: Edges = group, apart: bool = apart, tables: Any = tables) -> Any:
            gradients, of_inputs, of_parameters, of_weights = carry
            index = len(group.rows) - 1 - step
            row, source, target = (read(table, index) for table in tables)
            x = read(inputs if apart else states, source)
            own = _of_edge(group, parameters, row, index), _of_edge(group, used, row, index)
            of_x, new, of_row = edge_gradients(group.shape, x, *own, read(weights, row), read(gradients, target))
            if apart:
                of_inputs = add(of_inputs, of_x, source)
            else:
                gradients = add(gradients, of_x, source)
            return gradients, of_inputs, _put_edge(group, of_parameters, new, row, index), put(of_weights, of_row, row)

        carry = gradients, of_inputs, of_parameters, of_weights
        gradients, of_inputs, of_parameters, of_weights = jax.lax.fori_loop(0, len(group.rows), body, carry)
    if not shape.reduction:
        of_inputs = gradients[:CELL_INPUTS]
    return of_inputs, of_parameters, jax.tree.map(jnp.zeros_like, used), of_weights


def _with_nodes(shape: CellShape, inputs: jax.Array, nodes: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_slice_in_dim(_states(shape, inputs), nodes, CELL_INPUTS, 0)


_train_cell.defvjp(_forward, _backward)
