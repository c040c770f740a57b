"""One cell of the supernet as a CPU computes it, and its gradient: loops over its states, and over what reads them.

So a program has one edge of each kind and compiles soon, an edge's arrays stay in the cache, and the edges that read a
state share its pools. The gradient is written by hand: automatic differentiation would keep every array of every edge.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.supernet.edge import edge_gradients, run_edge
from econas_jax.nn.darts.supernet.edge_groups import CellShape, EdgeGroup, edge_groups
from econas_jax.nn.darts.supernet.parameters import POOLS
from econas_jax.nn.darts.supernet.pools import pools_again, run_pools
from econas_jax.nn.kernels.indexing import add, put, read, take
from econas_jax.nn.kernels.spatial import output_size
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.canonical import CELL_INPUTS


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

        def of_source(
            index: jax.Array,
            carry: tuple[jax.Array, Variables],
            group: EdgeGroup = group,
            fixed: jax.Array | None = fixed,
        ) -> tuple[jax.Array, Variables]:
            x = read(carry[0] if fixed is None else fixed, read(group.sources, index))
            pools, moments = run_pools(group.shape, x)

            def of_edge(edge: jax.Array, carry: tuple[jax.Array, Variables]) -> tuple[jax.Array, Variables]:
                states, used = carry
                own = _of_edge(group, parameters, edge), _of_edge(group, used, edge)
                y, new = run_edge(group.shape, x, pools, *own, read(weights, read(group.rows, edge)))
                return add(states, y, read(group.targets, edge)), _put_edge(group, used, new | moments, edge)

            return jax.lax.fori_loop(*_edges_of(group, index), of_edge, carry)

        states, used = jax.lax.fori_loop(0, len(group.sources), of_source, (states, used))
    return states[CELL_INPUTS:], used


def _edges_of(group: EdgeGroup, index: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns the first edge of a source, and the one after its last."""
    return read(group.starts, index), read(group.starts, index + 1)


def _states(shape: CellShape, inputs: jax.Array) -> jax.Array:
    """Returns the buffer of states before any edge: the inputs (of a reduction: nothing), and zeros for the nodes."""
    channels, _, batch = inputs.shape[1:]
    out = output_size(shape.size, 2 if shape.reduction else 1)
    zeros = jnp.zeros((CELL_INPUTS + shape.nodes, channels, out * out, batch), inputs.dtype)
    return zeros if shape.reduction else jax.lax.dynamic_update_slice_in_dim(zeros, inputs, 0, 0)


def _of_edge(group: EdgeGroup, tree: Variables, edge: jax.Array) -> Variables:
    """Returns the leaves of one edge of the group."""
    return {
        name: take(leaves, _row(group, name, edge))
        for name, leaves in tree.items()
        if name != "skip_connect" or group.shape.stride == 2
    }


def _put_edge(group: EdgeGroup, tree: Variables, new: Variables, edge: jax.Array) -> Variables:
    """Returns the tree with the leaves of one edge replaced."""
    return tree | {name: put(tree[name], leaves, _row(group, name, edge)) for name, leaves in new.items()}


def _row(group: EdgeGroup, name: str, edge: jax.Array) -> jax.Array:
    """Returns the row of an edge among the leaves of an operation."""
    return read(group.reduces if name == "skip_connect" else group.rows, edge)


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

        def of_source(step: jax.Array, carry: Any, group: EdgeGroup = group, apart: bool = apart) -> Any:
            gradients, of_inputs, of_parameters, of_weights = carry
            index = len(group.sources) - 1 - step
            source, (first, end) = read(group.sources, index), _edges_of(group, index)
            x = read(inputs if apart else states, source)
            moments = {name: _of_edge(group, used, first)[name] for name in POOLS}
            pools, back = jax.vjp(lambda x: pools_again(group.shape, x, moments), x)

            def of_edge(edge: jax.Array, carry: Any) -> Any:
                of_x, of_pools, of_parameters, of_weights = carry
                own, row = (_of_edge(group, parameters, edge), _of_edge(group, used, edge)), read(group.rows, edge)
                slopes = read(gradients, read(group.targets, edge))
                new = edge_gradients(group.shape, x, pools, *own, read(weights, row), slopes)
                of_x, of_pools = jax.tree.map(jnp.add, (of_x, of_pools), new[:2])
                return of_x, of_pools, _put_edge(group, of_parameters, new[2], edge), put(of_weights, new[3], row)

            nothing = jax.tree.map(jnp.zeros_like, (x, pools))
            found = jax.lax.fori_loop(first, end, of_edge, (*nothing, of_parameters, of_weights))
            of_x = found[0] + back(found[1])[0]
            if apart:
                return gradients, add(of_inputs, of_x, source), *found[2:]
            return add(gradients, of_x, source), of_inputs, *found[2:]

        carry = gradients, of_inputs, of_parameters, of_weights
        gradients, of_inputs, of_parameters, of_weights = jax.lax.fori_loop(0, len(group.sources), of_source, carry)
    if not shape.reduction:
        of_inputs = gradients[:CELL_INPUTS]
    return of_inputs, of_parameters, jax.tree.map(jnp.zeros_like, used), of_weights


def _with_nodes(shape: CellShape, inputs: jax.Array, nodes: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_slice_in_dim(_states(shape, inputs), nodes, CELL_INPUTS, 0)


_train_cell.defvjp(_forward, _backward)
