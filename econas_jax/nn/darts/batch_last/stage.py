"""A stage of normal cells, of which all but the last are one loop, so that a program does not grow with N.

The two 1x1 convolutions that read the same output, for input 1 of the next cell and input 0 of the one after it, are
one product. The loop hands on these products. Its gradient is a loop, too, and written by hand: it reads what the cells
kept, and computes everything else again, a cell's output too.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.cell import (
    INPUT_NAMES,
    CellKept,
    CellShape,
    CellVariables,
    Products,
    apply_cell,
    replay_cell,
    run_cell,
)
from econas_jax.nn.darts.batch_last.layers import Tree, preprocessed, weights_of
from econas_jax.nn.darts.drop_path import DropPath


class LoopCells(NamedTuple):
    """The cells of a loop, stacked: their variables, and the weights of the two convolutions that read each output."""

    readers: jax.Array  # [cells, 2 * channels, channels read]
    parameters: Tree
    statistics: Tree
    positions: jax.Array


class Carry(NamedTuple):
    """What a cell hands on: the products of its inputs, that of the next cell's input 0, and the output before."""

    input0: jax.Array
    input1: jax.Array
    next_input0: jax.Array
    output: jax.Array


def run_stage(
    shape: CellShape,
    parameters: Sequence[Tree],
    statistics: Sequence[Tree],
    positions: Sequence[int],
    drop_path: DropPath | None,
    product0: jax.Array,
    last: jax.Array,
) -> tuple[tuple[jax.Array, jax.Array], list[Tree]]:
    """Runs a stage's cells; returns the outputs of the last two and the statistics of all.

    With one cell the outputs are `last` and its own. parameters, statistics and positions in the macro-net: of each
    cell; product0: of input 0 of the first cell; last: the output that is its input 1, [channels read, positions,
    batch].
    """
    variables = [_after_products(tree) for tree in parameters]
    final = CellVariables(variables[-1], statistics[-1], _of_cell(drop_path, positions[-1]))
    if len(parameters) == 1:
        product1 = preprocessed(weights_of(parameters[0]["preprocess1"]), last)
        output, new = apply_cell(shape, final, (product0, product1))
        return (last, output), [new]
    readers = [_readers(parameters, index) for index in range(len(parameters))]
    channels = product0.shape[0]
    pair = preprocessed(readers[0], last)
    output = jnp.zeros((len(shape.genotype.concat) * channels, *product0.shape[1:]), product0.dtype)
    start = Carry(product0, pair[:channels], pair[channels:], output)
    cells = LoopCells(
        jnp.stack(readers[1:]), _stacked(variables[:-1]), _stacked(statistics[:-1]), jnp.asarray(positions[:-1])
    )
    loop = _train_loop if shape.train else _run_loop
    carry, new = loop(shape, cells, drop_path, start)
    output, final_new = apply_cell(shape, final, (carry.input0, carry.input1))
    return (carry.output, output), [*_unstacked(new, len(parameters) - 1), final_new]


def _run_loop(shape: CellShape, cells: LoopCells, drop_path: DropPath | None, start: Carry) -> tuple[Carry, Tree]:
    """Runs the cells of a loop; returns what the last of them hands on, and the statistics used."""
    carry, (new, _) = _loop(shape, cells, drop_path, start, keep=False)
    return carry, new


def _loop(
    shape: CellShape, cells: LoopCells, drop_path: DropPath | None, start: Carry, keep: bool
) -> tuple[Carry, tuple[Tree, Any]]:
    def body(carry: Carry, cell: LoopCells) -> tuple[Carry, tuple[Tree, Any]]:
        products = carry.input0, carry.input1
        output, new, kept = run_cell(shape, _variables(cell, drop_path), products)
        own, following = jnp.split(preprocessed(cell.readers, output), 2)
        return Carry(carry.next_input0, own, following, output), (new, (products, kept) if keep else None)

    return jax.lax.scan(body, start, cells)


def _train_loop_forward(shape: CellShape, cells: LoopCells, drop_path: DropPath | None, start: Carry) -> Any:
    carry, (new, kept) = _loop(shape, cells, drop_path, start, keep=True)
    return (carry, new), (cells, drop_path, kept)


def _train_loop_backward(shape: CellShape, residuals: Any, cotangents: Any) -> tuple[Any, ...]:
    cells, drop_path, all_kept = residuals
    (end, _) = cotangents  # running averages are not differentiated
    count = cells.positions.shape[0]

    def body(gradient: Carry, given: Any) -> tuple[Carry, tuple[jax.Array, Tree]]:
        index, cell, (products, kept) = given
        # Only the last cell's output is read by others than the cells' own convolutions.
        of_output = jnp.where(index == count - 1, end.output, jnp.zeros((), end.output.dtype))
        pair = jnp.concatenate([gradient.input1, gradient.next_input0])
        readers, parameters, products = _cell_backward(
            shape, cell, _of_cell(drop_path, cell.positions), products, kept, pair, of_output
        )
        return Carry(*products, gradient.input0, jnp.zeros((), end.output.dtype)), (readers, parameters)

    first = end._replace(output=jnp.zeros((), end.output.dtype))
    given = (jnp.arange(count), cells, all_kept)
    gradient, (readers, parameters) = jax.lax.scan(body, first, given, reverse=True)
    start = gradient._replace(output=jnp.zeros_like(end.output))
    return LoopCells(readers, parameters, None, None), None, start


def _cell_backward(
    shape: CellShape,
    cell: LoopCells,
    drop_path: DropPath | None,
    products: Products,
    kept: CellKept,
    pair: jax.Array,
    of_output: jax.Array,
) -> tuple[jax.Array, Tree, Products]:
    """Returns the gradients of a cell's readers, its parameters and its products.

    pair: the gradient of the readers' product; of_output: what others add to that of the output.
    """
    replay = functools.partial(replay_cell, shape, cell.statistics, drop_path, kept)
    output, back = jax.vjp(replay, cell.parameters, products)
    readers, gradient = jax.vjp(preprocessed, cell.readers, output)[1](pair)
    return readers, *back(gradient + of_output)


_train_loop = jax.custom_vjp(_run_loop, nondiff_argnums=(0,))
_train_loop.defvjp(_train_loop_forward, _train_loop_backward)


def _variables(cell: LoopCells, drop_path: DropPath | None) -> CellVariables:
    return CellVariables(cell.parameters, cell.statistics, _of_cell(drop_path, cell.positions))


def _of_cell(drop_path: DropPath | None, position: jax.Array | int) -> DropPath | None:
    return None if drop_path is None else drop_path.of(position)


def _readers(parameters: Sequence[Tree], index: int) -> jax.Array:
    """Returns the weights of what reads the output before a cell: its input 1, and input 0 of the next cell.

    After the stage's last cell nothing of the same width reads: these weights are zeros.
    """
    own = weights_of(parameters[index]["preprocess1"])
    following = index + 1 < len(parameters)
    other = weights_of(parameters[index + 1]["preprocess0"]) if following else jnp.zeros_like(own)
    return jnp.concatenate([own, other])


def _after_products(parameters: Tree) -> Tree:
    """Returns a cell's parameters without the kernels of its inputs' products, whose shapes differ among cells."""
    norms = {name: {"BatchNorm_0": parameters[name]["BatchNorm_0"]} for name in INPUT_NAMES}
    return {**parameters, **norms}


def _stacked(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *trees)


def _unstacked(tree: Any, count: int) -> list[Any]:
    return [jax.tree.map(lambda leaf, index=index: leaf[index], tree) for index in range(count)]
