"""A stage of normal cells as one loop, so that a program does not grow with N, and its gradient.

The two 1x1 convolutions that read the same output, for input 1 of the next cell and input 0 of the one after it, are
one product, a row of a buffer that cells write in place. The gradient is a loop, too, and written by hand: it reads
these rows and what the cells kept, and computes everything else again, a cell's output too.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.cell import CellKept, CellShape, Products, replay_cell, run_cell
from econas_jax.nn.darts.batch_last.layers import Tree
from econas_jax.nn.darts.batch_last.stacking import StageCells
from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.kernels.indexing import read, write
from econas_jax.nn.kernels.spatial import pointwise, pointwise_backward

OUTPUTS = 2  # a stage's last two, which others than its own cells read


class StageShape(NamedTuple):
    """The static side of a stage: that of its cells, how many there are, and whether a reduction cell follows."""

    cell: CellShape
    cells: int
    followed: bool


class Buffers(NamedTuple):
    """What the cells of a stage write in place.

    pairs: [cells + 2, 2 * channels, positions, batch], products: cell k reads input 1 in the first half of row k + 1
    and input 0 in the second half of row k, and row k + 2 is of its output; outputs: [2, channels read, positions,
    batch], that of cell k in row k % 2.
    """

    pairs: jax.Array
    outputs: jax.Array


class Results(NamedTuple):
    """What a stage returns: the outputs of the last two cells, and the product of what reads the last one.

    before: of no use in a stage of one cell; product: of input 1 of the reduction cell that follows.
    """

    before: jax.Array
    last: jax.Array
    product: jax.Array


def run_stage(
    shape: StageShape, cells: StageCells, drop_path: DropPath | None, product0: jax.Array, pair: jax.Array
) -> tuple[Results, Tree]:
    """Runs a stage's cells; returns the results and the statistics used, stacked.

    product0: of the first cell's input 0; pair: [2 * channels, positions, batch], of its input 1 and of input 0 of the
    second cell.
    """
    run = _train_stage if shape.cell.train else _run_cells
    return run(shape, cells, drop_path, product0, pair)


def _run_cells(
    shape: StageShape, cells: StageCells, drop_path: DropPath | None, product0: jax.Array, pair: jax.Array
) -> tuple[Results, Tree]:
    buffers, (new, _) = _loop(shape, cells, drop_path, product0, pair, keep=False)
    return _results(shape, buffers), new


def _loop(
    shape: StageShape,
    cells: StageCells,
    drop_path: DropPath | None,
    product0: jax.Array,
    pair: jax.Array,
    *,
    keep: bool,
) -> tuple[Buffers, tuple[Tree, Any]]:
    def body(buffers: Buffers, given: tuple[jax.Array, StageCells]) -> tuple[Buffers, tuple[Tree, Any]]:
        index, cell = given
        products = _products(buffers.pairs, index)
        output, new, kept = run_cell(shape.cell, cell.variables(drop_path), products)
        compute = functools.partial(pointwise, cell.readers, output)
        pair = _where_read(shape, index, compute, jnp.zeros_like(buffers.pairs[0]))
        pairs = write(buffers.pairs, pair, index + 2)
        return Buffers(pairs, write(buffers.outputs, output, index % OUTPUTS)), (new, kept if keep else None)

    channels, *rest = product0.shape
    pairs = jax.lax.empty((shape.cells + 2, 2 * channels, *rest), product0.dtype)
    pairs = jax.lax.dynamic_update_slice(pairs, product0[None], (0, channels, 0, 0))
    pairs = write(pairs, pair, 1)
    outputs = jax.lax.empty((OUTPUTS, cells.readers.shape[2], *rest), product0.dtype)
    return jax.lax.scan(body, Buffers(pairs, outputs), (jnp.arange(shape.cells), cells))


def _products(pairs: jax.Array, index: jax.Array) -> Products:
    channels = pairs.shape[1] // 2
    return read(pairs, index)[channels:], read(pairs, index + 1)[:channels]


def _where_read(shape: StageShape, index: jax.Array, compute: Any, otherwise: Any) -> Any:
    """Returns compute(), or what takes its place for a cell whose output no convolution of this width reads."""
    if shape.followed:
        return compute()
    return jax.lax.cond(index == shape.cells - 1, lambda: otherwise, compute)


def _results(shape: StageShape, buffers: Buffers) -> Results:
    last = (shape.cells - 1) % OUTPUTS
    return Results(buffers.outputs[1 - last], buffers.outputs[last], buffers.pairs[shape.cells + 1])


def _train_stage_forward(
    shape: StageShape, cells: StageCells, drop_path: DropPath | None, product0: jax.Array, pair: jax.Array
) -> Any:
    buffers, (new, kept) = _loop(shape, cells, drop_path, product0, pair, keep=True)
    return (_results(shape, buffers), new), (cells, drop_path, buffers.pairs, kept)


def _train_stage_backward(shape: StageShape, residuals: Any, cotangents: Any) -> tuple[Any, ...]:
    cells, drop_path, pairs, kept = residuals
    results, _ = cotangents  # running averages are not differentiated
    outputs = jnp.stack([results.before, results.last])
    channels = pairs.shape[1] // 2

    def body(carry: tuple[jax.Array, jax.Array], given: Any) -> tuple[tuple[jax.Array, jax.Array], Any]:
        pair, next_input0 = carry
        index, cell, own_kept = given
        from_end = shape.cells - 1 - index
        others = jnp.where(from_end < OUTPUTS, read(outputs, jnp.maximum(1 - from_end, 0)), 0.0)
        own = _products(pairs, index)
        readers, parameters, (input0, input1) = _cell_backward(
            shape, index, cell, drop_path, own, own_kept, pair, others
        )
        return (jnp.concatenate([input1, next_input0]), input0), (readers, parameters)

    first = results.product, jnp.zeros_like(results.product[:channels])
    given = (jnp.arange(shape.cells), cells, kept)
    (pair, input0), (readers, parameters) = jax.lax.scan(body, first, given, reverse=True)
    return StageCells(readers, parameters, None, None, None), None, input0, pair


def _cell_backward(
    shape: StageShape,
    index: jax.Array,
    cell: StageCells,
    drop_path: DropPath | None,
    products: Products,
    kept: CellKept,
    pair: jax.Array,
    others: jax.Array,
) -> tuple[jax.Array, Tree, Products]:
    """Returns the gradients of a cell's readers, of its parameters and of its products.

    pair: the gradient of the readers' product; others: what others than the readers add to that of the output.
    """
    variables = cell.variables(drop_path)
    replay = functools.partial(replay_cell, shape.cell, variables, kept)
    output, back = jax.vjp(replay, cell.parameters, products)

    def through_readers() -> tuple[jax.Array, jax.Array]:
        readers, gradient = pointwise_backward((cell.readers, output), pair)
        return readers, gradient + others

    readers, gradient = _where_read(shape, index, through_readers, (jnp.zeros_like(cell.readers), others))
    return readers, *back(gradient)


_train_stage = jax.custom_vjp(_run_cells, nondiff_argnums=(0,))
_train_stage.defvjp(_train_stage_forward, _train_stage_backward)
