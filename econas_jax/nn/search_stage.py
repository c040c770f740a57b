"""A stage of normal cells of the search network, with its own gradient.

A stage keeps one buffer with the states of all its cells, written in place, and one with the products of their 1x1
convolutions; its backward pass walks the cells in reverse and computes all else again. Left to automatic
differentiation, a scan over cells stacks every intermediate value of every cell into buffers that it fills with zeros
first. On CPU XLA fills even the two buffers with zeros where they are new, for it leaves no memory as it is; so a
training step can hand its own on to the next.

Cells hand on all their nodes. Which of them are concatenated is a mask on the columns of the kernels that read them:
the weights of absent nodes are zero and get zero gradients.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.search_cell import (
    INPUTS,
    Cell,
    CellShape,
    no_gradient,
    put,
    read,
    run_edges,
    run_edges_backward,
    take,
    write,
)
from econas_jax.nn.search_convolution import masked, normalise_tree
from econas_jax.nn.search_operations import Tree
from econas_jax.nn.spatial import pointwise

Trees = dict[str, Tree]


class Entry(NamedTuple):
    """What a stage begins with.

    input0: [channels, positions, batch], the first cell's preprocessed input 0; last: [nodes * channels, positions,
    batch], the output of the cell before; mask: [nodes], which of its nodes are concatenated.
    """

    input0: jax.Array
    last: jax.Array
    mask: jax.Array


class Buffers(NamedTuple):
    """What a stage computes and its backward pass reads; before a step it may hold anything.

    rows: [(cells + 1) * (2 + nodes), channels, positions, batch], for each cell input 0, input 1 and nodes, the first
    cell standing for the entry; products: [cells, 2 * channels, positions, batch], of the 1x1 convolutions.
    """

    rows: jax.Array
    products: jax.Array

    @classmethod
    def empty(cls, cells: int, nodes: int, state: tuple[int, ...], dtype: Any) -> Buffers:
        """For so many cells; state: [channels, positions, batch]."""
        channels, *rest = state
        rows = jax.lax.empty(((cells + 1) * (INPUTS + nodes), *state), dtype)
        return cls(rows, jax.lax.empty((cells, 2 * channels, *rest), dtype))


def run_stage(
    shape: CellShape,
    genotype: Any,
    parameters: Trees,
    statistics: Trees,
    entry: Entry,
    buffers: Buffers | None = None,
) -> tuple[tuple[jax.Array, jax.Array], Trees, Buffers]:
    """A stage's normal cells: outputs of the last two cells (of the entry, if there is one cell), and statistics.

    parameters and statistics: `preprocess` and `edges`, stacked over the cells; buffers: of a step before, to be used
    again. They are returned, with this step's contents.
    """
    if buffers is None:
        cells, nodes = parameters["preprocess"]["kernel"].shape[0], entry.mask.shape[0]
        buffers = Buffers.empty(cells, nodes, entry.input0.shape, entry.input0.dtype)
    run = _train_stage if shape.train else _run_cells
    outputs, new, buffers = run(shape, genotype, parameters, statistics, entry, buffers)
    return outputs, new, buffers


def _train_stage_forward(shape: CellShape, *arguments: Any) -> tuple[Any, tuple[Any, ...]]:
    genotype, parameters, _, entry, _ = arguments
    results = _run_cells(shape, *arguments)
    _, statistics, buffers = results
    return results, (genotype, parameters, statistics, entry.mask, buffers)


def _train_stage_backward(shape: CellShape, residuals: tuple[Any, ...], cotangents: Any) -> tuple[Any, ...]:
    genotype, parameters, statistics, entry_mask, buffers = residuals
    rows = buffers.rows
    (before_gradient, last_gradient), *_ = cotangents  # running averages are not differentiated
    nodes = entry_mask.shape[0]
    per_cell, cells = INPUTS + nodes, rows.shape[0] // (INPUTS + nodes) - 1
    state_shape = rows.shape[1:]

    def body(step: jax.Array, carry: tuple[jax.Array, jax.Array, Trees]) -> tuple[jax.Array, jax.Array, Trees]:
        gradients, next_input0_gradient, parameter_gradients = carry
        index = cells - 1 - step
        at_cell = {name: take(parameters[name], index) for name in parameters}
        cell = Cell(genotype, at_cell["edges"], take(statistics["edges"], index))
        base = per_cell * (index + 1)
        (gradients,), edges_gradient = run_edges_backward(shape, cell, (rows,), (gradients,), base)
        both_gradient = jnp.concatenate([gradients[1], next_input0_gradient])
        mask = jnp.where(index == 0, entry_mask, genotype.concat)
        preprocess = (at_cell["preprocess"], take(statistics["preprocess"], index), read(buffers.products, index))
        last = _cell_nodes(rows, index, per_cell)
        preprocess_gradient, last_gradient = _preprocess_backward(*preprocess, last, mask, both_gradient)
        # the cell before the last one is also an output of the stage
        last_gradient = last_gradient + jnp.where(step == 0, before_gradient, 0.0)
        new = {"preprocess": preprocess_gradient, "edges": edges_gradient}
        parameter_gradients = {name: put(parameter_gradients[name], new[name], index) for name in new}
        return _cell_gradients(last_gradient, state_shape), gradients[0], parameter_gradients

    start = (
        _cell_gradients(last_gradient, state_shape),
        jnp.zeros(state_shape, rows.dtype),  # nobody reads the second half of the last cell's product
        jax.tree.map(jnp.zeros_like, parameters),
    )
    gradients, input0_gradient, parameter_gradients = jax.lax.fori_loop(0, cells, body, start)
    entry_gradient = Entry(input0_gradient, gradients[INPUTS:].reshape(-1, *state_shape[1:]), no_gradient(entry_mask))
    unread = jax.tree.map(jnp.zeros_like, (statistics, buffers))
    return no_gradient(genotype), parameter_gradients, unread[0], entry_gradient, unread[1]


def _run_cells(
    shape: CellShape, genotype: Any, parameters: Trees, statistics: Trees, entry: Entry, buffers: Buffers
) -> tuple[tuple[jax.Array, jax.Array], Trees, Buffers]:
    """Runs the cells; returns what `run_stage` does.

    The two 1x1 convolutions that read the same output, for input 1 of this cell and input 0 of the next, are one
    product; the last cell's second half serves nobody. Products are kept for the backward pass, in training alone.
    """
    per_cell = _rows_per_cell(entry)
    cells = parameters["preprocess"]["kernel"].shape[0]
    # Data, and always 0: at a place known beforehand XLA would write the whole buffer once more, and slowly.
    # Under vmap data is a scatter instead.
    start = 0 if shape.branch_free else jnp.minimum(genotype.concat[0], 0)
    entry_nodes = entry.last.reshape(-1, *entry.input0.shape)
    rows = jax.lax.dynamic_update_slice_in_dim(buffers.rows, entry_nodes, start + INPUTS, 0)
    rows = write(rows, entry.input0, start + per_cell)

    def body(index: jax.Array, carry: tuple[Buffers, Trees]) -> tuple[Buffers, Trees]:
        (rows, products), new = carry
        base = per_cell * (index + 1)
        mask = jnp.where(index == 0, entry.mask, genotype.concat)
        at_cell = (take(parameters["preprocess"], index), take(statistics["preprocess"], index))
        product = _product(at_cell[0], _cell_nodes(rows, index, per_cell), mask)
        if shape.train:
            products = write(products, product, index)
        both, preprocess = normalise_tree(*at_cell, product, shape.train)
        input1, next_input0 = jnp.split(both, 2)
        rows = write(rows, input1, base + 1)
        # There is no cell after the last: the index is clamped to its own last node, which is computed after this.
        rows = write(rows, next_input0, base + per_cell)
        cell = Cell(genotype, take(parameters["edges"], index), take(statistics["edges"], index))
        (rows,), edges = run_edges(shape, cell, (rows,), base)
        new = {"preprocess": put(new["preprocess"], preprocess, index), "edges": put(new["edges"], edges, index)}
        return Buffers(rows, products), new

    given = {name: statistics[name] for name in ("preprocess", "edges")}
    buffers, new = jax.lax.fori_loop(0, cells, body, (Buffers(rows, buffers.products), given))
    return (_cell_nodes(buffers.rows, cells - 1, per_cell), _cell_nodes(buffers.rows, cells, per_cell)), new, buffers


_train_stage = jax.custom_vjp(_run_cells, nondiff_argnums=(0,))
_train_stage.defvjp(_train_stage_forward, _train_stage_backward)


def _product(parameters: Tree, last: jax.Array, mask: jax.Array) -> jax.Array:
    """The two 1x1 convolutions of a cell's output [nodes * channels, positions, batch] -> [2 * channels, ...]."""
    return pointwise(masked(parameters, mask)["kernel"], jax.nn.relu(last))


def _preprocess_backward(
    parameters: Tree, statistics: Tree, product: jax.Array, last: jax.Array, mask: jax.Array, gradient: jax.Array
) -> tuple[Tree, jax.Array]:
    """Gradients of the convolutions' parameters and input from that of what they make, the product being known."""
    _, normalise_back = jax.vjp(
        lambda p, x: normalise_tree(p, statistics, x, train=True, known=True)[0], parameters, product
    )
    _, product_back = jax.vjp(lambda p, x: _product(p, x, mask), parameters, last)
    normalised, product_gradient = normalise_back(gradient)
    multiplied, last_gradient = product_back(product_gradient)
    return {**normalised, "kernel": multiplied["kernel"]}, last_gradient


def _rows_per_cell(entry: Entry) -> int:
    return INPUTS + entry.mask.shape[0]


def _cell_nodes(rows: jax.Array, index: jax.Array | int, per_cell: int) -> jax.Array:
    """All nodes of a cell (0: the entry's) as [nodes * channels, positions, batch]."""
    nodes = jax.lax.dynamic_slice_in_dim(rows, per_cell * index + INPUTS, per_cell - INPUTS)
    return nodes.reshape(-1, *rows.shape[2:])


def _cell_gradients(last_gradient: jax.Array, state_shape: tuple[int, ...]) -> jax.Array:
    """Gradients of a cell's states before its edges add theirs: zeros for the inputs, then those of the nodes."""
    nodes = last_gradient.reshape(-1, *state_shape)
    return jnp.concatenate([jnp.zeros((INPUTS, *state_shape), nodes.dtype), nodes])
