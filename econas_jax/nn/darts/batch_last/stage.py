"""A stage of normal cells, of which all but the last are one loop, so that a program does not grow with N.

The two 1x1 convolutions that read the same output, for input 1 of the next cell and input 0 of the one after it, are
one product. The loop hands on these products; of a cell nothing else is kept for the backward pass than its inputs'
products and those within it (`layers.KEPT`), and the rest is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.cell import CellShape, run_cell
from econas_jax.nn.darts.batch_last.layers import KEPT, Tree, weights_of
from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.kernels.spatial import pointwise


class Cells(NamedTuple):
    """What belongs to the cells of a stage, one entry a cell; position: in the macro-net."""

    parameters: Sequence[Tree]
    statistics: Sequence[Tree]
    positions: Sequence[jax.Array | int]


def recomputed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function whose backward pass computes it again but for what has a name in `layers.KEPT`."""
    policy = jax.checkpoint_policies.save_only_these_names(*KEPT)
    changed: Callable[..., Any] = jax.checkpoint(function, policy=policy, prevent_cse=False)
    return changed


def preprocessed(weights: jax.Array, output: jax.Array) -> jax.Array:
    """Applies ReLU and a 1x1 convolution to a cell's output."""
    return pointwise(weights, jax.nn.relu(output))


def run_stage(
    shape: CellShape, cells: Cells, drop_path: DropPath | None, product0: jax.Array, last: jax.Array
) -> tuple[tuple[jax.Array | None, jax.Array], list[Tree]]:
    """Runs the cells; returns the outputs of the last two (None for that before a stage of one cell) and statistics.

    product0: of input 0 of the first cell; last: the output that is its input 1, [channels read, positions, batch].
    """

    @recomputed
    def run(cell: Cells, *products: jax.Array) -> tuple[jax.Array, Tree]:
        own = None if drop_path is None else drop_path.of(cell.positions)
        return run_cell(shape, cell.parameters, cell.statistics, products, own)

    *looped, final = (Cells(*cell) for cell in zip(map(_after_products, cells.parameters), *cells[1:], strict=True))
    if not looped:
        product1 = preprocessed(weights_of(cells.parameters[0]["preprocess1"]), last)
        output, new = run(final, product0, product1)
        return (None, output), [new]
    readers = [_readers(cells.parameters, index) for index in range(len(looped) + 1)]
    channels = product0.shape[0]
    pair = preprocessed(readers[0], last)
    start = (product0, pair[:channels], pair[channels:], jnp.zeros(_output_shape(shape, product0), last.dtype))

    def body(carry: tuple[jax.Array, ...], given: Any) -> tuple[tuple[jax.Array, ...], Tree]:
        input0, input1, next_input0, _ = carry
        weights, cell = given
        output, new = run(cell, input0, input1)
        pair = preprocessed(weights, output)
        return (next_input0, pair[:channels], pair[channels:], output), new

    stacked = _stacked(list(zip(readers[1:], looped, strict=True)))
    (input0, input1, _, before), new = jax.lax.scan(recomputed(body), start, stacked)
    output, final_new = run(final, input0, input1)
    return (before, output), [*_unstacked(new, len(looped)), final_new]


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
    norms = {name: {"BatchNorm_0": parameters[name]["BatchNorm_0"]} for name in ("preprocess0", "preprocess1")}
    return {**parameters, **norms}


def _output_shape(shape: CellShape, product: jax.Array) -> tuple[int, ...]:
    channels, *rest = product.shape
    return (len(shape.genotype.concat) * channels, *rest)


def _stacked(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *trees)


def _unstacked(tree: Any, count: int) -> list[Any]:
    return [jax.tree.map(lambda leaf, index=index: leaf[index], tree) for index in range(count)]
