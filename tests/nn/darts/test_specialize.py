"""The search network is the plain network of its genotype: values, gradients and statistics, through `specialize`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import (
    Tree,
    assert_close,
    leaves,
    quick_jit,
    random_cell,
    random_genotype,
    random_images,
    random_variables,
    shapes_of,
)

from econas_jax.nn import CellNetwork, SearchNetwork, specialize
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, CellGenotype, Edge, Genotype

CHANNELS, BATCH = 4, 8


class Shape(NamedTuple):
    """What a compiled search network is fixed to."""

    cells_per_stage: int
    size: int
    nodes: int


ONE_CELL = Shape(1, 8, 4)  # matrices alone; the first cell of a stage is its last
TWO_CELLS = Shape(2, 12, 3)  # shifts in the first stage
# Together, in each kind of cell, every number of concatenated nodes.
CASES = [
    (ONE_CELL, random_genotype(3, concats=(1, 4))),
    (ONE_CELL, random_genotype(4, concats=(4, 2))),
    (ONE_CELL, random_genotype(5, concats=(2, 3))),
    (TWO_CELLS, random_genotype(9, nodes=3, concats=(3, 1))),
]
each_case = pytest.mark.parametrize("case", [0, 1, 2, pytest.param(3, marks=pytest.mark.slow)])


def step(network: Any, images: np.ndarray, labels: np.ndarray) -> Callable[..., Any]:
    """(variables, *genotype) -> logits and new statistics in training, the loss's gradient, logits in evaluation."""

    def loss(parameters: Tree, statistics: Tree, *genotype: Any) -> Any:
        variables = {"params": parameters, "batch_stats": statistics}
        logits, updated = network.apply(variables, images, *genotype, train=True, mutable=["batch_stats"])
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
        return -jnp.mean(chosen), (logits, updated["batch_stats"])

    def run(variables: Tree, *genotype: Any) -> Any:
        gradient, (logits, statistics) = jax.grad(loss, has_aux=True)(
            variables["params"], variables["batch_stats"], *genotype
        )
        return logits, statistics, gradient, network.apply(variables, images, *genotype, train=False)

    return run


def batch(size: int) -> tuple[np.ndarray, np.ndarray]:
    return random_images(BATCH, size, seed=20), np.random.default_rng(21).integers(0, 10, BATCH)


@functools.cache
def search_step(shape: Shape) -> Any:
    """One program for all genotypes."""
    return quick_jit(step(SearchNetwork(CHANNELS, shape.cells_per_stage, nodes=shape.nodes), *batch(shape.size)))


def plain_step(shape: Shape, genotype: Genotype, variables: Tree) -> Any:
    network = CellNetwork(genotype, CHANNELS, shape.cells_per_stage)
    return quick_jit(step(network, *batch(shape.size)))(variables)


@functools.cache
def run_both(case: int) -> tuple[Tree, Any, Any]:
    """Search variables, and the results of a step of the search network and of the plain one from the same values."""
    shape, genotype = CASES[case]
    network = SearchNetwork(CHANNELS, shape.cells_per_stage, nodes=shape.nodes)
    variables = random_variables(shapes_of(network, shape.size, genotype), seed=case)
    ours = search_step(shape)(variables, genotype.encode())
    plain = plain_step(shape, genotype, specialize(variables, genotype))
    return variables, jax.device_get(ours), jax.device_get(plain)


@each_case
def test_logits_statistics_and_gradients_are_equal(case: int) -> None:
    _, (logits, statistics, gradient, evaluated), plain = run_both(case)
    ours = specialize({"params": gradient, "batch_stats": statistics}, CASES[case][1])
    assert_close(logits, plain[0], 2e-5)
    assert_close(ours["batch_stats"], plain[1], 2e-5)
    assert_close(ours["params"], plain[2], 1e-4)
    assert_close(evaluated, plain[3], 2e-5)


@each_case
def test_gradients_of_what_a_genotype_does_not_use_are_exactly_zero(case: int) -> None:
    # specialize copies each used entry once, so an entry that it leaves out can only add to the count.
    _, (_, statistics, gradient, _), _ = run_both(case)
    used = specialize({"params": gradient, "batch_stats": statistics}, CASES[case][1])["params"]
    assert nonzeros(gradient) == nonzeros(used)
    assert squared_norm(gradient) == pytest.approx(squared_norm(used), rel=1e-12)


@each_case
def test_statistics_of_slots_that_no_operation_normalises_with_stay(case: int) -> None:
    variables, (_, statistics, _, _), plain = run_both(case)
    old, new = edges(variables["batch_stats"]), edges(statistics)
    changed = sum(int(np.count_nonzero(new[path] != old[path])) for path in old)
    assert changed == sum(leaf.size for leaf in edges(plain[1]).values()) > 0


def edges(statistics: Tree) -> dict[str, np.ndarray]:
    return {path: leaf for path, leaf in leaves(statistics).items() if "['edge" in path}


def nonzeros(tree: Tree) -> int:
    return sum(int(np.count_nonzero(leaf)) for leaf in leaves(tree).values())


def squared_norm(tree: Tree) -> float:
    return sum(float(np.sum(leaf.astype(np.float64) ** 2)) for leaf in leaves(tree).values())


def test_the_cases_cover_operations_strides_and_concats() -> None:
    for kind in ("normal", "reduce"):
        cells = [getattr(genotype, kind) for _, genotype in CASES]
        assert {len(cell.concat) for cell in cells} == {1, 2, 3, 4}
        covered = {(name, source < 2) for cell in cells for name, source in cell.edges}
        assert covered == {(name, from_input) for name in SEARCH_OPERATIONS for from_input in (True, False)}


def test_a_network_of_dead_nodes() -> None:
    # The output is the classifier's bias alone; nothing divides by a variance of zero.
    cell = CellGenotype((Edge("none", 0),) * 8, (2,))
    genotype = Genotype(cell, cell)
    variables = random_variables(shapes_of(SearchNetwork(CHANNELS, 1), 8, genotype), seed=30)
    logits, statistics, gradient, _ = search_step(ONE_CELL)(variables, genotype.encode())
    bias = variables["params"]["classifier"]["bias"]
    np.testing.assert_allclose(logits, np.broadcast_to(bias, (BATCH, 10)), rtol=1e-6)
    assert nonzeros(gradient) == 10
    assert all(np.isfinite(leaf).all() for leaf in leaves(statistics).values())


@pytest.mark.parametrize("cells", [1, 2, 3, 4])
@pytest.mark.parametrize("nodes", [3, 4, 5])
def test_specialized_variables_have_the_plain_networks_shapes(cells: int, nodes: int) -> None:
    rng = np.random.default_rng([cells, nodes])
    genotype = Genotype(random_cell(rng, nodes=nodes, concat=2), random_cell(rng, nodes=nodes, concat=3))
    network = SearchNetwork(3, cells, num_classes=7, nodes=nodes)
    variables = jax.tree.map(lambda leaf: np.zeros(leaf.shape), shapes_of(network, 8, genotype))
    expected = leaves(jax.tree.map(shape_of, shapes_of(CellNetwork(genotype, 3, cells, num_classes=7), 8)))
    specialized = leaves(jax.tree.map(shape_of, specialize(variables, genotype)))
    assert {path: tuple(shape) for path, shape in specialized.items()} == {
        path: tuple(shape) for path, shape in expected.items()
    }


def shape_of(leaf: Any) -> np.ndarray:
    return np.array(leaf.shape)
