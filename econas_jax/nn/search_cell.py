"""A cell whose genotype is data: a loop over edges that switches to each edge's operation, and its own gradient.

Why an own gradient: automatic differentiation of a switch saves what any branch might need, 61 arrays and 50 MiB an
edge, and fills the slots of the branches not taken with zeros. Here the backward pass walks the edges in reverse, and
the branch taken computes its operation again, so that only the nodes' values are kept.
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


class CellShape(NamedTuple):
    """The static side of a cell: the size of its inputs' maps, and whether it halves them."""

    size: int
    reduction: bool

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(map size, stride) of edges by the buffer they read.

        A normal cell keeps inputs and nodes in one buffer. In a reduction cell they differ in size: edges from the
        inputs have stride 2 and read the first buffer, edges from nodes have stride 1 and read the second.
        """
        if self.reduction:
            return (self.size, 2), (output_size(self.size, 2), 1)
        return ((self.size, 1),)


def evaluate_cell(
    shape: CellShape, genotype: EncodedCell, parameters: Tree, statistics: Tree, inputs: jax.Array
) -> jax.Array:
    """A cell in evaluation mode: inputs [2, channels, size^2, batch] -> nodes [nodes, channels, out^2, batch]."""
    buffers, _ = _forward(shape, False, genotype, parameters, statistics, inputs)
    return _nodes(shape, buffers)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def train_cell(
    shape: CellShape, genotype: EncodedCell, parameters: Tree, statistics: Tree, inputs: jax.Array
) -> tuple[jax.Array, Tree]:
    """A cell in training mode: as `evaluate_cell`, and the batch's statistics, which carry no gradient.

    parameters and statistics: those of `search_operations` with a leading axis of edges. `statistics` only fills the
    slots that no operation normalises with.
    """
    buffers, statistics = _forward(shape, True, genotype, parameters, statistics, inputs)
    return _nodes(shape, buffers), statistics


def _train_cell_forward(
    shape: CellShape, genotype: EncodedCell, parameters: Tree, statistics: Tree, inputs: jax.Array
) -> tuple[tuple[jax.Array, Tree], tuple[Any, ...]]:
    buffers, new_statistics = _forward(shape, True, genotype, parameters, statistics, inputs)
    return (_nodes(shape, buffers), new_statistics), (genotype, parameters, statistics, buffers)


def _train_cell_backward(
    shape: CellShape, residuals: tuple[Any, ...], cotangents: tuple[jax.Array, Tree]
) -> tuple[EncodedCell, Tree, Tree, jax.Array]:
    genotype, parameters, statistics, buffers = residuals
    nodes_gradient, _ = cotangents  # the statistics' cotangent is dropped: running averages are not differentiated
    branches = [
        functools.partial(_gradient_branch, operation, buffer)
        for buffer, operations in enumerate(_operations(shape, True))
        for operation in operations
    ]
    edges = genotype.operations.shape[0]

    def body(step: jax.Array, carry: tuple[Buffers, Tree]) -> tuple[Buffers, Tree]:
        gradients, parameter_gradients = carry
        edge = edges - 1 - step
        branch, slot = _address(shape, genotype, edge)
        output_gradient = _read(gradients[-1], _target(shape, edge))
        at_edge = (_take(parameters, edge), _take(statistics, edge))
        input_gradients, edge_gradient = jax.lax.switch(branch, branches, buffers, slot, *at_edge, output_gradient)
        # a buffer that was not read gets zeros added to some slot: an index beyond its end is clamped
        gradients = tuple(_add(whole, part, slot) for whole, part in zip(gradients, input_gradients, strict=True))
        return gradients, _put(parameter_gradients, edge_gradient, edge)

    gradients = _empty_buffers(shape, nodes_gradient, jnp.zeros_like(buffers[0][:2]))
    start = (gradients, jax.tree.map(jnp.zeros_like, parameters))
    gradients, parameter_gradients = jax.lax.fori_loop(0, edges, body, start)
    no_gradient = jax.tree.map(lambda leaf: np.zeros(leaf.shape, jax.dtypes.float0), genotype)
    return no_gradient, parameter_gradients, jax.tree.map(jnp.zeros_like, statistics), gradients[0][:2]


train_cell.defvjp(_train_cell_forward, _train_cell_backward)


def _forward(
    shape: CellShape, train: bool, genotype: EncodedCell, parameters: Tree, statistics: Tree, inputs: jax.Array
) -> tuple[Buffers, Tree]:
    """Runs the edges in order; returns the buffers with all states and the statistics of every edge."""
    branches = [
        functools.partial(_value_branch, operation, buffer)
        for buffer, operations in enumerate(_operations(shape, train))
        for operation in operations
    ]
    edges = genotype.operations.shape[0]

    def body(edge: jax.Array, carry: tuple[Buffers, Tree]) -> tuple[Buffers, Tree]:
        buffers, statistics = carry
        branch, slot = _address(shape, genotype, edge)
        at_edge = (_take(parameters, edge), _take(statistics, edge))
        output, edge_statistics = jax.lax.switch(branch, branches, buffers, slot, *at_edge)
        last = _add(buffers[-1], output, _target(shape, edge))
        return (*buffers[:-1], last), _put(statistics, edge_statistics, edge)

    out = output_size(shape.size, 2 if shape.reduction else 1)
    zeros = jnp.zeros((edges // 2, inputs.shape[1], out * out, inputs.shape[3]), inputs.dtype)
    return jax.lax.fori_loop(0, edges, body, (_empty_buffers(shape, zeros, inputs), statistics))


def _operations(shape: CellShape, train: bool) -> list[list[Callable[..., Any]]]:
    return [edge_operations(EdgeShape(size, stride, train)) for size, stride in shape.edges]


def _value_branch(
    operation: Callable[..., Any], buffer: int, buffers: Buffers, slot: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    output: tuple[jax.Array, Tree] = operation(_read(buffers[buffer], slot), parameters, statistics)
    return output


def _gradient_branch(
    operation: Callable[..., Any],
    buffer: int,
    buffers: Buffers,
    slot: jax.Array,
    parameters: Tree,
    statistics: Tree,
    output_gradient: jax.Array,
) -> tuple[Buffers, Tree]:
    """Gradients with respect to a state of every buffer (zeros but for the one read) and to the edge's parameters."""
    _, pull_back = jax.vjp(lambda x, p: operation(x, p, statistics)[0], _read(buffers[buffer], slot), parameters)
    input_gradient, parameter_gradient = pull_back(output_gradient)
    zeros = [jnp.zeros(whole.shape[1:], whole.dtype) for whole in buffers]
    zeros[buffer] = input_gradient
    return tuple(zeros), parameter_gradient


def _address(shape: CellShape, genotype: EncodedCell, edge: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Which branch computes an edge, and which slot of its buffer it reads."""
    operation, source = genotype.operations[edge], genotype.inputs[edge]
    if not shape.reduction:
        return operation, source
    from_node = source >= 2
    operations = len(edge_operations(EdgeShape(shape.size, 1, True)))
    return operation + operations * from_node, source - 2 * from_node


def _target(shape: CellShape, edge: jax.Array) -> jax.Array:
    """The slot of the last buffer that holds the node an edge adds to."""
    return edge // 2 + (0 if shape.reduction else 2)


def _empty_buffers(shape: CellShape, nodes: jax.Array, inputs: jax.Array) -> Buffers:
    return (inputs, nodes) if shape.reduction else (jnp.concatenate([inputs, nodes]),)


def _nodes(shape: CellShape, buffers: Buffers) -> jax.Array:
    return buffers[-1] if shape.reduction else buffers[-1][2:]


def _read(whole: jax.Array, index: jax.Array) -> jax.Array:
    return jax.lax.dynamic_index_in_dim(whole, index, keepdims=False)


def _add(whole: jax.Array, part: jax.Array, index: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_index_in_dim(whole, _read(whole, index) + part, index, 0)


def _take(tree: Tree, edge: jax.Array) -> Tree:
    return jax.tree.map(lambda leaf: _read(leaf, edge), tree)


def _put(tree: Tree, part: Tree, edge: jax.Array) -> Tree:
    return jax.tree.map(lambda leaf, new: jax.lax.dynamic_update_index_in_dim(leaf, new, edge, 0), tree, part)
