"""The hypernetwork against plain loops in NumPy, and counts, norms and what its kernels depend on."""

from __future__ import annotations

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import Tree, quick_jit
from supernet_cases import shapes_of

from econas_jax.nn import CellSupernet, EdgeWeights
from econas_jax.nn.darts.supernet import Hypernetwork, with_pointwise, without_pointwise

# One normal cell, and reductions to twice and four times its channels; two edges a cell.
SMALL = Hypernetwork(channels=2, cells=3, nodes=1, layers=2, growth=3)
WEIGHTS = quick_jit(SMALL.init)(jax.random.key(0))
KERNELS = quick_jit(SMALL.kernels)
CONVOLUTIONS = [
    *(("sep_conv_3x3", "Conv_1"), ("sep_conv_3x3", "Conv_3"), ("sep_conv_5x5", "Conv_1")),
    *(("sep_conv_5x5", "Conv_3"), ("dil_conv_3x3", "Conv_1"), ("dil_conv_5x5", "Conv_1")),
]


def edges(*operations: int) -> EdgeWeights:
    """The operations of both edges of the normal, then of the reduction cell."""
    tables = np.eye(8, dtype=np.float32)[list(operations)]
    return EdgeWeights(jnp.asarray(tables[:2]), jnp.asarray(tables[2:]))


@functools.cache
def kernels(genotype: tuple[int, ...] = (4, 3, 1, 7), noise: int = 1) -> Tree:
    made: Tree = jax.device_get(KERNELS(WEIGHTS, edges(*genotype), jax.random.key(noise)))
    return made


def size(tree: Tree) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def test_the_kernels_are_those_that_the_weights_leave_out() -> None:
    """Of 84 kernels in each of 8 cells, 14 edges with twice two and twice one, with 16, 32 and 64 channels."""
    whole = shapes_of(CellSupernet())["params"]
    learnt = without_pointwise(whole)
    net = Hypernetwork(16, 8, 4, layers=8, growth=10)
    weights = jax.eval_shape(net.init, jax.random.key(0))
    tables = EdgeWeights(*(jnp.zeros((14, 8)),) * 2)
    made = jax.eval_shape(net.kernels, weights, tables, jax.random.key(0))
    assert size(made) == 84 * (2 * 16**2 + 3 * 32**2 + 3 * 64**2) == 1_333_248
    assert size(learnt) == 1_930_618 - 1_333_248
    assert jax.tree.map(lambda leaf: leaf.shape, with_pointwise(learnt, made)) == jax.tree.map(
        lambda leaf: leaf.shape, whole
    )
    inputs = 1 + 14 * 8 + 8 + 14 + 6 + 4 + 4
    assert size(weights) == sum((inputs + 10 * layer) * 10 for layer in range(8)) + (inputs + 80) * 16**2


def test_kernels_are_those_of_plain_loops() -> None:
    weights = [np.asarray(WEIGHTS[f"layer{layer}"], np.float64) for layer in range(3)]
    weights = [weight / np.linalg.norm(weight) for weight in weights]
    tables = edges(4, 3, 1, 7)
    channels = [2, 4, 8]
    count = sum(2 * 6 * (width // 2) ** 2 for width in channels)
    noise = iter(np.asarray(jax.random.normal(jax.random.key(1), (count, 1))).ravel().tolist())
    for cell, width in enumerate(channels):
        code = np.asarray(tables.reduction if cell else tables.normal).ravel()
        for edge, (number, (operation, convolution)) in itertools.product(range(2), enumerate(CONVOLUTIONS)):
            kernel = np.zeros((width, width))
            for row, column in itertools.product(range(width // 2), repeat=2):
                place = zip((3, 2, 6, 4, 4), (cell, edge, number, row, column), strict=True)
                told = np.concatenate([code, *(np.eye(count)[value] for count, value in place)])
                x = np.concatenate([[next(noise)], np.where(told > 0, 1, -1)])
                x = np.concatenate([x, x @ weights[0]])
                for weight in weights[1:]:
                    y = np.where(x < 0, 0.02 * x, x) @ weight
                    x = np.concatenate([x, y])
                kernel[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = y.reshape(2, 2)
            ours = kernels()[f"cell{cell}"][operation][convolution]["kernel"]
            assert ours.shape == (2, 1, 1, width, width)
            np.testing.assert_allclose(ours[edge, 0, 0], kernel / np.linalg.norm(kernel), rtol=1e-4, atol=1e-6)
    assert next(noise, None) is None


def test_every_edge_has_kernels_of_norm_1_of_its_own() -> None:
    rows = [row.ravel() for leaf in jax.tree.leaves(kernels()) for row in leaf]
    assert len(rows) == 3 * 6 * 2
    np.testing.assert_allclose([np.linalg.norm(row) for row in rows], 1, rtol=1e-5)
    assert len({row.tobytes() for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("genotype", "noise", "cells"),
    [((4, 2, 1, 7), 1, [0]), ((4, 3, 1, 6), 1, [1, 2]), ((4, 3, 1, 7), 2, [0, 1, 2]), ((4, 3, 1, 7), 1, [])],
)
def test_kernels_depend_on_the_code_of_their_kind_of_cell_and_on_the_noise(
    genotype: tuple[int, ...], noise: int, cells: list[int]
) -> None:
    ours, others = kernels(), kernels(genotype, noise)
    for cell in range(3):
        pairs = zip(jax.tree.leaves(ours[f"cell{cell}"]), jax.tree.leaves(others[f"cell{cell}"]), strict=True)
        changed = [bool(np.any(one != other, axis=(1, 2, 3, 4)).all()) for one, other in pairs]
        assert changed == [cell in cells] * 6
