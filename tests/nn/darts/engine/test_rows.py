"""Rows of a cell: which node is where, kernels in that order, and the branch for the number of concatenated nodes."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from econas_jax.nn.darts.engine.rows import by_outputs, in_rows, node_rows, of_present
from econas_jax.nn.platform import tracing_for
from econas_jax.spaces.darts.published import ECONAS

CONCATS = [concat for nodes in (3, 4) for concat in itertools.product((0, 1), repeat=nodes) if any(concat)]


@pytest.mark.parametrize("concat", CONCATS)
def test_concatenated_nodes_come_last_in_their_order(concat: tuple[int, ...]) -> None:
    order = [node for bit in (0, 1) for node, own in enumerate(concat) if own == bit]
    assert [order[row] for row in node_rows(np.array(concat)).tolist()] == list(range(len(concat)))


def test_kernels_have_zeros_for_absent_nodes() -> None:
    kernels = np.arange(1.0, 25.0, dtype=np.float32).reshape(2, 2, 6)  # two cells of three nodes with two channels
    found = of_present({"kernel": jnp.asarray(kernels), "bias": jnp.ones(2)}, jnp.array([2, 4]))
    expected = kernels * [[[0, 0, 0, 0, 1, 1]], [[0, 0, 1, 1, 1, 1]]]
    np.testing.assert_array_equal(found["kernel"], expected)
    np.testing.assert_array_equal(found["bias"], np.ones(2))


def test_the_published_reduction_cell_in_rows() -> None:
    cell, encoded = ECONAS.reduce, ECONAS.encode().reduce
    rows = in_rows(encoded)
    place = {0: 0, 1: 1}  # by hand: the absent nodes from row 2 on, then the others
    for node in [node for node in range(2, 6) if node not in cell.concat] + list(cell.concat):
        place[node] = len(place)
    assert rows.inputs.tolist() == [place[edge.input] for edge in cell.edges]
    assert rows.targets.tolist() == [place[2 + edge // 2] for edge in range(8)]
    assert int(rows.concat) == len(cell.concat)
    np.testing.assert_array_equal(rows.operations, encoded.operations)


@pytest.mark.parametrize(("nodes", "numbers"), [(3, [2, 2, 3]), (4, [2, 2, 4, 4]), (5, [3, 3, 3, 5, 5])])
def test_half_of_the_nodes_or_all_are_multiplied(nodes: int, numbers: list[int]) -> None:
    def multiplied(concat: jax.Array, branch_free: bool) -> Any:
        return by_outputs(concat, nodes, jnp.int32(0), branch_free, lambda number, _, sum_: sum_ + number, jnp.int32(0))

    run = jax.jit(multiplied, static_argnums=1)
    assert [int(run(jnp.int32(concat), False)) for concat in range(1, nodes + 1)] == numbers
    assert int(run(jnp.int32(1), True)) == nodes
    with tracing_for("gpu"):
        assert int(multiplied(jnp.int32(1), False)) == nodes
