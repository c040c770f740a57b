"""The variables of a stage's cells as one tree, each leaf stacked over the cells, for the loop over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.cell import INPUT_NAMES, CellVariables
from econas_jax.nn.darts.batch_last.layers import Tree, weights_of
from econas_jax.nn.darts.drop_path import DropPath


class StageCells(NamedTuple):
    """The cells of a stage, stacked: their variables, and the weights of what reads each one's output.

    readers: [cells, 2 * channels, channels read]; positions: in the macro-net; floors: of the outputs, one a cell. In a
    gradient the last three are None.
    """

    readers: jax.Array
    parameters: Tree
    statistics: Tree | None
    positions: jax.Array | None
    floors: jax.Array | None

    def variables(self, drop_path: DropPath | None) -> CellVariables:
        """Returns the variables of a cell, where this is a single one of them; drop_path: that of the step."""
        own = None if drop_path is None or self.positions is None else drop_path.of(self.positions)
        return CellVariables(self.parameters, self.statistics, own, self.floors)


def entry_readers(parameters: Sequence[Tree]) -> jax.Array:
    """Returns the weights [2 * channels, channels read] of the cells of a stage that read the output before it."""
    return _readers(parameters, 0)


def stack_cells(
    parameters: Sequence[Tree], statistics: Sequence[Tree], positions: Sequence[int], nodes: int, after: Tree | None
) -> StageCells:
    """Stacks a stage's cells.

    parameters, statistics and positions: of each cell; nodes: how many each concatenates; after: the parameters of the
    reduction cell that follows, or None. Its input 1 has as many channels as two inputs of these cells.
    """
    readers = [_readers(parameters, index) for index in range(1, len(parameters))]
    channels = parameters[0]["preprocess1"]["BatchNorm_0"]["scale"].shape[0]
    nothing = jnp.zeros((2 * channels, nodes * channels))
    readers.append(nothing if after is None else weights_of(after["preprocess1"]))
    variables = [_after_products(tree) for tree in parameters]
    floors = jnp.zeros(len(parameters))
    floors = floors if after is not None else floors.at[-1].set(-jnp.inf)  # then the head reads the last one
    return StageCells(jnp.stack(readers), _stacked(variables), _stacked(statistics), jnp.asarray(positions), floors)


def unstack(tree: Tree, count: int) -> list[Tree]:
    """Returns the trees of single cells from a stacked one."""
    return [jax.tree.map(lambda leaf, index=index: leaf[index], tree) for index in range(count)]


def _readers(parameters: Sequence[Tree], index: int) -> jax.Array:
    """Returns the weights that read the output before a cell: for its input 1, and for input 0 of the next cell.

    Input 0 of what comes after a stage's last cell has another shape: these weights are zeros.
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
