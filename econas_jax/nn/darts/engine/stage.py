"""A stage of normal cells of the search network, with its own gradient.

A stage keeps one buffer with the states of all its cells, written in place, and one with the products of their 1x1
convolutions; its backward pass walks the cells in reverse and computes everything else again. With automatic
differentiation a scan over cells would stack every intermediate value of every cell into buffers that it fills with
zeros first. On CPU XLA fills even new, uninitialised buffers with zeros; so a training step can hand its own on to the
next.

Cells hand on all their nodes; whatever reads them multiplies those that are concatenated (`rows`).
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.engine.convolution import normalise_named
from econas_jax.nn.darts.engine.edges import run_edges, run_edges_backward
from econas_jax.nn.darts.engine.operations import Arrays, Group
from econas_jax.nn.darts.engine.parts import GRADIENT_INPUTS, INPUT1_ROW, CellArrays, CellShape, input0_row, no_gradient
from econas_jax.nn.darts.engine.product import Factors, multiply, multiply_backward
from econas_jax.nn.darts.engine.rows import INPUTS, CellRows, by_outputs
from econas_jax.nn.kernels.indexing import put, read, take, write, write_rows


class Entry(NamedTuple):
    """The start of a stage: what it reads of the cells before it.

    input0: [channels, positions, batch], the first cell's preprocessed input 0; last: [nodes * channels, positions,
    batch], the rows of the cell before; concat: how many of its last nodes are concatenated.
    """

    input0: jax.Array
    last: jax.Array
    concat: jax.Array


class StageBuffers(NamedTuple):
    """A stage's results that its backward pass reads; before a step the buffers may hold anything.

    rows: [(cells + 1) * (2 + nodes), channels, positions, batch], for each cell input 0, input 1 and nodes, where the
    first cell stands for the entry; products: [cells, 2 * channels, positions, batch], of the 1x1 convolutions.
    """

    rows: jax.Array
    products: jax.Array

    @classmethod
    def empty(cls, cells: int, nodes: int, state: tuple[int, ...], dtype: Any) -> StageBuffers:
        """Returns buffers for a number of cells; state: the shape of one, [channels, positions, batch]."""
        channels, *rest = state
        rows = jax.lax.empty(((cells + 1) * (INPUTS + nodes), *state), dtype)
        return cls(rows, jax.lax.empty((cells, 2 * channels, *rest), dtype))


def run_stage(
    shape: CellShape,
    genotype: CellRows,
    parameters: Group,
    statistics: Group,
    entry: Entry,
    buffers: StageBuffers | None = None,
) -> tuple[tuple[jax.Array, jax.Array], Group, StageBuffers]:
    """Runs a stage's normal cells; returns the outputs of the last two, the statistics and the buffers.

    With one cell the outputs are the entry's and its own. parameters and statistics: `preprocess`, its kernels with
    zeros for absent nodes, and `edges`, stacked over the cells; buffers: those of a step before, whose memory this step
    uses.
    """
    if buffers is None:
        cells, nodes = parameters["preprocess"]["kernel"].shape[0], _nodes(entry)
        buffers = StageBuffers.empty(cells, nodes, entry.input0.shape, entry.input0.dtype)
    run = _train_stage if shape.train else _run_cells
    outputs, new, buffers = run(shape, genotype, parameters, statistics, entry, buffers)
    return outputs, new, buffers


def _train_stage_forward(shape: CellShape, *arguments: Any) -> tuple[Any, tuple[Any, ...]]:
    genotype, parameters, _, entry, _ = arguments
    results = _run_cells(shape, *arguments)
    _, statistics, buffers = results
    return results, (genotype, parameters, statistics, entry.concat, buffers)


def _train_stage_backward(shape: CellShape, residuals: tuple[Any, ...], cotangents: Any) -> tuple[Any, ...]:
    genotype, parameters, statistics, entry_concat, buffers = residuals
    rows = buffers.rows
    (before_gradient, last_gradient), *_ = cotangents  # running averages are not differentiated
    factors, zero = Factors(parameters["preprocess"]["kernel"], rows), _zero(shape, entry_concat)
    cells, per_cell, state_shape = factors.kernels.shape[0], factors.per_cell, rows.shape[1:]

    def body(step: jax.Array, carry: tuple[jax.Array, Group]) -> tuple[jax.Array, Group]:
        gradients, parameter_gradients = carry
        index = cells - 1 - step
        cell = CellArrays(genotype, take(parameters["edges"], index), take(statistics["edges"], index))
        base, input0 = per_cell * (index + 1), input0_row(step)
        (gradients,), edges_gradient = run_edges_backward(shape, cell, (rows,), (gradients,), base, input0)
        # Nothing reads the second half of the last cell's product: that row is still zeros.
        next_input0 = input0_row(step + 1)
        both_gradient = jnp.concatenate([read(gradients, INPUT1_ROW), read(gradients, next_input0)])
        preprocess = (take(parameters["preprocess"], index), take(statistics["preprocess"], index))
        normalised, product_gradient = _normalise_backward(*preprocess, read(buffers.products, index), both_gradient)
        new = {"preprocess": normalised, "edges": edges_gradient}
        parameter_gradients = {name: put(parameter_gradients[name], new[name], index) for name in new}
        back = functools.partial(multiply_backward, factors, product_gradient, before_gradient, zero + GRADIENT_INPUTS)
        parts = (parameter_gradients["preprocess"]["kernel"], gradients)
        concat = jnp.where(index == 0, entry_concat, genotype.concat)
        kernel_gradients, gradients = by_outputs(concat, per_cell - INPUTS, index, shape.branch_free, back, parts)
        parameter_gradients["preprocess"]["kernel"] = kernel_gradients
        zeros = jnp.zeros((INPUTS, *state_shape), rows.dtype)  # of input 1 and of input 0 of the cell before
        gradients = write_rows(gradients, zeros, jnp.minimum(next_input0, INPUT1_ROW))
        return gradients, parameter_gradients

    start = (_cell_gradients(last_gradient, state_shape), jax.tree.map(jnp.zeros_like, parameters))
    gradients, parameter_gradients = jax.lax.fori_loop(0, cells, body, start)
    last_gradient = gradients[GRADIENT_INPUTS:].reshape(-1, *state_shape[1:])
    entry_gradient = Entry(gradients[input0_row(cells - 1)], last_gradient, no_gradient(entry_concat))
    unread = jax.tree.map(jnp.zeros_like, (statistics, buffers))
    return no_gradient(genotype), parameter_gradients, unread[0], entry_gradient, unread[1]


def _run_cells(
    shape: CellShape,
    genotype: CellRows,
    parameters: Group,
    statistics: Group,
    entry: Entry,
    buffers: StageBuffers,
) -> tuple[tuple[jax.Array, jax.Array], Group, StageBuffers]:
    """Runs the cells; returns what `run_stage` does.

    The two 1x1 convolutions that read the same output, for input 1 of this cell and input 0 of the next, are one
    product; nothing reads the second half of the last cell's. Products are kept in training, for the backward pass.
    """
    nodes = _nodes(entry)
    per_cell = INPUTS + nodes
    kernels = parameters["preprocess"]["kernel"]
    cells = kernels.shape[0]
    start = _zero(shape, entry.concat)
    entry_nodes = entry.last.reshape(-1, *entry.input0.shape)
    rows = jax.lax.dynamic_update_slice_in_dim(buffers.rows, entry_nodes, start + INPUTS, 0)
    rows = write(rows, entry.input0, start + per_cell)

    def body(index: jax.Array, carry: tuple[StageBuffers, Group, jax.Array]) -> tuple[StageBuffers, Group, jax.Array]:
        (rows, products), new, product = carry
        base = per_cell * (index + 1)
        concat = jnp.where(index == 0, entry.concat, genotype.concat)

        def compute(number: int, index: jax.Array, _: jax.Array) -> jax.Array:
            return multiply(*Factors(kernels, rows).at(index, number))

        product = by_outputs(concat, nodes, index, shape.branch_free, compute, product)
        if shape.train:
            products = write(products, product, index)
        at_cell = (take(parameters["preprocess"], index), take(statistics["preprocess"], index))
        both, preprocess = normalise_named(*at_cell, product, shape.train)
        input1, next_input0 = jnp.split(both, 2)
        rows = write(rows, input1, base + 1)
        # There is no cell after the last: the index is clamped to its own last node, which is computed after this.
        rows = write(rows, next_input0, base + per_cell)
        cell = CellArrays(genotype, take(parameters["edges"], index), take(statistics["edges"], index))
        (rows,), edges = run_edges(shape, cell, (rows,), base)
        new = {"preprocess": put(new["preprocess"], preprocess, index), "edges": put(new["edges"], edges, index)}
        return StageBuffers(rows, products), new, product

    given = {name: statistics[name] for name in ("preprocess", "edges")}
    first = (StageBuffers(rows, buffers.products), given, buffers.products[0])
    buffers, new, _ = jax.lax.fori_loop(0, cells, body, first)
    outputs = tuple(_cell_nodes(buffers.rows, index, per_cell) for index in (cells - 1, cells))
    return (outputs[0], outputs[1]), new, buffers


_train_stage = jax.custom_vjp(_run_cells, nondiff_argnums=(0,))
_train_stage.defvjp(_train_stage_forward, _train_stage_backward)


def _normalise_backward(
    parameters: Arrays, statistics: Arrays, product: jax.Array, gradient: jax.Array
) -> tuple[Arrays, jax.Array]:
    """Returns gradients of the parameters (zeros for the kernel), and of the product that was normalised."""

    def normalised(parameters: Arrays, x: jax.Array) -> jax.Array:
        return normalise_named(parameters, statistics, x, train=True, statistics_given=True)[0]

    _, back = jax.vjp(normalised, parameters, product)
    gradients: tuple[Arrays, jax.Array] = back(gradient)
    return gradients


def _nodes(entry: Entry) -> int:
    return entry.last.shape[0] // entry.input0.shape[0]


def _zero(shape: CellShape, concat: jax.Array) -> jax.Array | int:
    """Returns row index 0, as a traced value: with a constant index XLA copies the whole buffer.

    A branch-free program keeps the constant, for under `vmap` a traced index makes a scatter.
    """
    return 0 if shape.branch_free else jnp.minimum(concat, 0)


def _cell_nodes(rows: jax.Array, index: jax.Array | int, per_cell: int) -> jax.Array:
    """Returns all nodes of a cell (0: the entry's) as [nodes * channels, positions, batch]."""
    nodes = jax.lax.dynamic_slice_in_dim(rows, per_cell * index + INPUTS, per_cell - INPUTS)
    return nodes.reshape(-1, *rows.shape[2:])


def _cell_gradients(last_gradient: jax.Array, state_shape: tuple[int, ...]) -> jax.Array:
    """Returns a cell's gradients before its edges add theirs: zeros for the inputs, then those of the nodes."""
    nodes = last_gradient.reshape(-1, *state_shape)
    return jnp.concatenate([jnp.zeros((GRADIENT_INPUTS, *state_shape), nodes.dtype), nodes])
