"""One cell in the layout [channels, positions, batch], from the products of its inputs' convolutions, and its gradient.

The gradient is written by hand so that a cell keeps what `tape` says and nothing else: its nodes are sums of what is
kept, and their ReLUs and depthwise convolutions are cheap beside the products.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.layers import Tree, normalised
from econas_jax.nn.darts.batch_last.operations import EdgeShape, replay_operation, run_operation
from econas_jax.nn.darts.batch_last.tape import Kept, Tape
from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.kernels.spatial import output_size
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype

INPUT_NAMES = ("preprocess0", "preprocess1")


class CellShape(NamedTuple):
    """The static side of a cell: its genotype, the size of its inputs' maps, whether it halves them, and the mode."""

    genotype: CellGenotype
    size: int
    reduction: bool
    train: bool

    def edge(self, source: int) -> EdgeShape:
        """Returns the shape of an edge that reads a state."""
        if not self.reduction:
            return EdgeShape(self.size, 1, self.train)
        if source < CELL_INPUTS:
            return EdgeShape(self.size, 2, self.train)
        return EdgeShape(output_size(self.size, 2), 1, self.train)


class CellVariables(NamedTuple):
    """A cell's parameters after its inputs' products, its running statistics, its drop-path or None, and its floor.

    Every reader of a cell's output begins with ReLU, but for the head, which reads the last one. So the nodes are
    rectified as they are concatenated, and nobody passes over the output for it: floor is 0, and -inf for the last
    cell. In a gradient all but the parameters are None.
    """

    parameters: Tree
    statistics: Tree | None
    drop_path: DropPath | None
    floor: jax.Array | None


Products = tuple[jax.Array, jax.Array]  # of the convolutions of input 0 and input 1, not yet normalised
CellKept = dict[str, Kept]


def run_cell(shape: CellShape, cell: CellVariables, products: Products) -> tuple[jax.Array, Tree, CellKept]:
    """Returns the concatenated nodes [len(concat) * channels, positions, batch], the statistics used, and what to keep.

    What to keep is for `replay_cell`, by the names of inputs and edges.
    """
    assert cell.statistics is not None
    new: Tree = {}
    kept: CellKept = {}
    statistics = cell.statistics

    def state(name: str, product: jax.Array) -> jax.Array:
        tape = Tape()
        x, new[name] = normalised(tape, cell.parameters[name], statistics[name], product, shape.train)
        kept[name] = tape.kept
        return x

    def edge(name: str, operation: str, edge_shape: EdgeShape, x: jax.Array) -> jax.Array:
        given = cell.parameters.get(name, {}), statistics.get(name, {})
        y, used, kept[name] = run_operation(operation, edge_shape, x, *given)
        if used:
            new[name] = used
        return y

    return _connect(shape, cell, products, state, edge), new, kept


def replay_cell(
    shape: CellShape, cell: CellVariables, kept: CellKept, parameters: Tree, products: Products
) -> jax.Array:
    """Returns the first result of `run_cell` from what it kept, to be differentiated by parameters and products.

    parameters: instead of the cell's own.
    """
    assert cell.statistics is not None
    statistics = cell.statistics

    def state(name: str, product: jax.Array) -> jax.Array:
        return normalised(Tape(kept[name]), parameters[name], statistics[name], product, shape.train)[0]

    def edge(name: str, operation: str, edge_shape: EdgeShape, x: jax.Array) -> jax.Array:
        given = parameters.get(name, {}), statistics.get(name, {})
        return replay_operation(operation, edge_shape, x, *given, kept[name])

    return _connect(shape, cell, products, state, edge)


def _connect(shape: CellShape, cell: CellVariables, products: Products, state: Any, edge: Any) -> jax.Array:
    """Computes the nodes from functions that compute the states of inputs and the outputs of edges, by name."""
    states = [state(name, product) for name, product in zip(INPUT_NAMES, products, strict=True)]
    edges, terms = shape.genotype.edges, []
    scales = None if cell.drop_path is None else cell.drop_path.scales(len(edges), products[0].shape[-1])
    for index, (operation, source) in enumerate(edges):
        own = shape.edge(source)
        x = edge(f"edge{index}", operation, own, states[source])
        if scales is not None and not (operation == "skip_connect" and own.stride == 1):
            x = (x * scales[index][None, None]).astype(x.dtype)
        terms.append(x)
        if index % 2 == 1:
            states.append(terms[-2] + terms[-1])
    floor, nodes = cell.floor, [states[node] for node in shape.genotype.concat]
    assert floor is not None
    # Not `maximum`, which shares the gradient of equal values, nor >, which would hide numbers that are none.
    return jnp.concatenate([jnp.where(node <= floor, floor, node).astype(node.dtype) for node in nodes])


def cell_gradients(
    shape: CellShape, cell: CellVariables, products: Products, kept: CellKept, gradient: jax.Array
) -> tuple[Tree, Products]:
    """Returns the gradients of a cell's parameters and of its products; gradient: that of its output."""
    replay = functools.partial(replay_cell, shape, cell, kept)
    _, back = jax.vjp(replay, cell.parameters, products)
    gradients: tuple[Tree, Products] = back(gradient)
    return gradients


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _train_cell(shape: CellShape, cell: CellVariables, products: Products) -> tuple[jax.Array, Tree]:
    return run_cell(shape, cell, products)[:2]


def _train_cell_forward(shape: CellShape, cell: CellVariables, products: Products) -> tuple[Any, Any]:
    output, new, kept = run_cell(shape, cell, products)
    return (output, new), (cell, products, kept)


def _train_cell_backward(shape: CellShape, residuals: Any, cotangents: Any) -> tuple[Any, Any]:
    cell, products, kept = residuals
    gradient, _ = cotangents  # running averages are not differentiated
    parameters, products_gradient = cell_gradients(shape, cell, products, kept, gradient)
    return CellVariables(parameters, None, None, None), products_gradient


_train_cell.defvjp(_train_cell_forward, _train_cell_backward)


def apply_cell(shape: CellShape, cell: CellVariables, products: Products) -> tuple[jax.Array, Tree]:
    """Returns a cell's output and the statistics that it used."""
    return _train_cell(shape, cell, products) if shape.train else run_cell(shape, cell, products)[:2]
