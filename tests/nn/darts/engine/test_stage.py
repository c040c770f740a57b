"""The hand-written gradients of stages and reductions, inside a network in float64, against the reference's slopes.

Four cells a stage: the first of a stage reads the entry, the second the entry and a cell, the others two cells. An even
number: on the way back input 0 of the first cell is in the other one of its two rows than that of the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_network as reference
from network_cases import (
    FAST_COMPILATION,
    Tree,
    check_directions,
    in_double,
    leaves,
    random_genotype,
    random_images,
    random_variables,
    reference_scope,
    shapes_of,
)

from econas_jax.nn import SearchNetwork, specialize
from econas_jax.nn.darts.engine.parts import GRADIENT_INPUTS

CELLS, SIZE, BATCH = 4, 8, 6
NETWORK = SearchNetwork(2, CELLS, num_classes=3)
IMAGES = in_double(random_images(BATCH, SIZE, seed=0))
WEIGHTS = np.random.default_rng(1).standard_normal((BATCH, 3))


@pytest.fixture(scope="module")
def gradient() -> Iterator[Any]:
    """Of the weighted sum of the logits in training, for parameters and statistics, and the memory that it filled.

    One compilation: of parameters, statistics, a genotype and memory to use, which is handed on.
    """

    def value(parameters: Tree, statistics: Tree, genotype: Any, scratch: Tree) -> tuple[jax.Array, Tree]:
        variables = {"params": parameters, "batch_stats": statistics, "scratch": scratch}
        logits, updated = NETWORK.apply(variables, IMAGES, genotype, train=True, mutable=["batch_stats", "scratch"])
        return jnp.sum(WEIGHTS * logits), updated["scratch"]

    genotype = random_genotype(3, concats=(1, 3))
    with jax.enable_x64(True):
        variables = in_double(random_variables(shapes_of(NETWORK, SIZE, genotype), seed=2))
        point = variables["params"], variables["batch_stats"], genotype.encode(), memory_of(0.0)
        program = jax.grad(value, argnums=(0, 1), has_aux=True)
        yield jax.jit(program, donate_argnums=3, compiler_options=FAST_COMPILATION).lower(*point).compile()


def memory_of(number: float) -> Tree:
    """Memory for a step that is full of a number."""
    shapes = jax.eval_shape(lambda: NETWORK.scratch(BATCH, SIZE))
    memory: Tree = jax.tree.map(lambda leaf: jnp.full(leaf.shape, number, leaf.dtype), shapes)
    return memory


@pytest.mark.parametrize("concats", [(1, 3), (4, 2), (2, 1)])
def test_gradient_is_the_references_slope(gradient: Any, concats: tuple[int, int]) -> None:
    genotype = random_genotype(3, concats=concats)
    variables = in_double(random_variables(shapes_of(NETWORK, SIZE, genotype), seed=2))
    parameters, statistics = variables["params"], variables["batch_stats"]

    def value(parameters: Tree) -> float:
        plain = specialize({"params": parameters, "batch_stats": statistics}, genotype)
        logits = reference.network(reference_scope(plain, train=True), genotype, IMAGES, CELLS)
        return float(np.sum(WEIGHTS * logits))

    found, _ = gradient(parameters, statistics, genotype.encode(), memory_of(0.0))
    ours, to_statistics = jax.device_get(found)
    assert all(any(np.any(leaf) for leaf in leaves(part).values()) for part in ours.values())
    assert not any(np.any(leaf) for leaf in leaves(to_statistics).values())  # training reads no running statistics
    check_directions(value, ours, parameters, seed=3, step=1e-8, tolerance=1e-4)


def test_no_cell_copies_its_gradients(gradient: Any) -> None:
    """XLA copies a buffer of a loop wherever it cannot see that all that read it come before what writes into it."""
    stages, nodes = range(3), NETWORK.nodes
    buffers = [(GRADIENT_INPUTS + nodes, stage) for stage in stages] + [(nodes, stage) for stage in stages[1:]]
    for rows, stage in buffers:  # of a stage, and of the reduction before it
        buffer = f"f64[{rows},{2 * 2**stage},{(SIZE // 2**stage) ** 2},{BATCH}]"
        lines = [line for line in gradient.as_text().splitlines() if f" = {buffer}" in line]
        assert len(lines) > 10
        assert not [line for line in lines if " copy(" in line]


def test_scratch_may_hold_anything_and_is_handed_on(gradient: Any) -> None:
    """A step in memory full of NaN is the step in memory full of 0, bit for bit, and fills it for its successor."""
    genotype = random_genotype(4, concats=(2, 3))
    variables = in_double(random_variables(shapes_of(NETWORK, SIZE, genotype), seed=3))
    given = variables["params"], variables["batch_stats"], genotype.encode()
    shapes = jax.tree.map(jnp.shape, memory_of(0.0))
    expected, _ = jax.device_get(gradient(*given, memory_of(0.0)))
    found, filled = gradient(*given, memory_of(np.nan))
    jax.tree.map(np.testing.assert_array_equal, found, expected)
    assert jax.tree.map(jnp.shape, filled) == shapes
    assert all(np.isfinite(stage.products).all() for stage in filled["stages"])
