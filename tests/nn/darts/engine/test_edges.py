"""The cell interpreter: its nodes, statistics and hand-written gradient against the NumPy reference, in float64."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_network as reference
from network_cases import Tree, assert_close, check_directions, random_cell, used_by_operation

from econas_jax.nn.darts.engine.edges import run_edges, run_edges_backward
from econas_jax.nn.darts.engine.nodes import pack_edges
from econas_jax.nn.darts.engine.parts import CellArrays, CellShape
from econas_jax.nn.darts.engine.rows import in_rows
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, CellGenotype, Edge, EncodedCell, Genotype

SIZE, CHANNELS, BATCH, NODES = 4, 4, 3, 4
EDGES, BASE = 2 * NODES, 3
Program = Any

# Chains through every node, both edges of a node from one input, an input that nobody reads.
CHAIN = CellGenotype(
    tuple(Edge(name, 1 + place // 2) for place, name in enumerate(("skip_connect", "sep_conv_3x3") * 4)), (5,)
)
CELLS = [random_cell(np.random.default_rng(seed), concat=2) for seed in range(4)] + [CHAIN]


def encoded(cell: CellGenotype) -> EncodedCell:
    return Genotype(cell, cell).encode().normal


def rows_of(cell: CellGenotype) -> np.ndarray:
    """The place of each node: absent ones first."""
    concatenated = [node + 2 in cell.concat for node in range(NODES)]
    return np.argsort(np.argsort(concatenated, kind="stable"))


def case(seed: int) -> tuple[Tree, Tree]:
    """Inputs and parameters, and statistics, of a cell of EDGES edges."""
    rng = np.random.default_rng(seed)
    point = {
        "inputs": rng.standard_normal((2, BATCH, SIZE, SIZE, CHANNELS)),
        "depthwise": rng.standard_normal((EDGES, 2, 25, CHANNELS)) * 0.5,
        "pointwise": rng.standard_normal((EDGES, 2, CHANNELS, CHANNELS)),
        "scale": 1 + 0.2 * rng.standard_normal((EDGES, 2, CHANNELS)),
        "bias": 0.3 * rng.standard_normal((EDGES, 2, CHANNELS)),
    }
    shape = (EDGES, 2, CHANNELS)
    return point, {"mean": rng.standard_normal(shape), "variance": rng.uniform(0.5, 2, shape)}


def expected_nodes(cell: CellGenotype, reduction: bool, train: bool, point: Tree, statistics: Tree) -> np.ndarray:
    """[nodes, batch, height, width, channels]."""
    states = list(point["inputs"])
    for place in range(0, EDGES, 2):
        total = np.zeros(())
        for edge in (place, place + 1):
            name, source = cell.edges[edge]
            stride = 2 if reduction and source < 2 else 1
            parameters = {key: leaf[edge] for key, leaf in point.items() if key != "inputs"}
            at_edge = {key: leaf[edge] for key, leaf in statistics.items()}
            scope = used_by_operation(name, stride, parameters, at_edge, train)
            total = total + reference.operation(scope, name, states[source], stride)
        states.append(total)
    return np.stack(states[2:])


def positions(states: np.ndarray) -> np.ndarray:
    """[states, batch, height, width, channels] -> [states, channels, positions, batch]."""
    states = states.transpose(0, 4, 2, 3, 1)
    return states.reshape(*states.shape[:2], -1, BATCH)


def buffers_of(inputs: np.ndarray, reduction: bool) -> tuple[np.ndarray, ...]:
    """A normal cell begins at row BASE. Rows that are yet to be written, or another cell's, hold NaN."""
    out = SIZE // 2 if reduction else SIZE
    nodes = np.full((NODES, CHANNELS, out**2, BATCH), np.nan)
    if reduction:
        return positions(inputs), nodes
    return (np.concatenate([nodes[:BASE], positions(inputs), nodes, nodes[:1]]),)


def nodes_in(buffers: tuple[np.ndarray, ...], reduction: bool, cell: CellGenotype) -> np.ndarray:
    return (buffers[-1] if reduction else buffers[-1][BASE + 2 : -1])[rows_of(cell)]


@pytest.fixture(
    scope="module",
    params=[(False, False), (True, False), (False, True), (True, True)],
    ids=["normal", "reduction", "normal branch-free", "reduction branch-free"],
)
def programs(request: pytest.FixtureRequest) -> Iterator[tuple[bool, Program, Program]]:
    """(reduction?, training with its gradient, evaluation), each compiled once for all genotypes, in float64."""
    reduction, branch_free = request.param
    base = 0 if reduction else BASE

    def as_taken(cell: CellArrays) -> tuple[CellArrays, Any]:
        """The cell with its parameters as its edges take them, and how their gradients become the parameters' own."""
        if not branch_free:
            return cell, lambda gradients: (gradients,)
        pack = functools.partial(pack_edges, CellShape(SIZE, reduction, True, branch_free), cell.genotype)
        packed, to_parameters = jax.vjp(pack, cell.parameters)
        return cell._replace(parameters=packed), to_parameters

    def forward(cell: CellArrays, buffers: Any, train: bool) -> Any:
        return run_edges(CellShape(SIZE, reduction, train, branch_free), cell, buffers, base)

    def train(cell: CellArrays, buffers: Any, node_gradients: jax.Array) -> Any:
        cell, to_parameters = as_taken(cell)
        after, statistics = forward(cell, buffers, True)
        inputs = jnp.zeros_like(buffers[0][:2])
        gradients: Any = (inputs, node_gradients) if reduction else (jnp.concatenate([inputs, node_gradients]),)
        computed = cell._replace(statistics=statistics)
        shape = CellShape(SIZE, reduction, True, branch_free)
        gradients, to_taken = run_edges_backward(shape, computed, after, gradients, base)
        return after, statistics, (gradients, *to_parameters(to_taken))

    with jax.enable_x64(True):
        yield reduction, jax.jit(train), jax.jit(lambda cell, buffers: forward(as_taken(cell)[0], buffers, False)[0])


@pytest.mark.parametrize("number", range(len(CELLS)))
def test_nodes_statistics_and_gradient(programs: tuple[bool, Program, Program], number: int) -> None:
    reduction, train, evaluate = programs
    genotype, (point, statistics) = CELLS[number], case(seed=number)
    nodes = expected_nodes(genotype, reduction, True, point, statistics)
    weights = np.random.default_rng(11).standard_normal(nodes.shape)
    parameters = {key: leaf for key, leaf in point.items() if key != "inputs"}
    cell, buffers = (
        CellArrays(in_rows(encoded(genotype)), parameters, statistics),
        buffers_of(point["inputs"], reduction),
    )
    in_order = positions(weights)[np.argsort(rows_of(genotype))]
    after, new, (gradients, parameter_gradients) = jax.device_get(train(cell, buffers, in_order))
    assert_close(nodes_in(after, reduction, genotype), positions(nodes), 1e-10)

    def value(point: Tree) -> float:
        return float(np.sum(weights * expected_nodes(genotype, reduction, True, point, statistics)))

    to_inputs = gradients[0][:2].reshape(2, CHANNELS, SIZE, SIZE, BATCH).transpose(0, 4, 2, 3, 1)
    check_directions(value, {"inputs": to_inputs, **parameter_gradients}, point, seed=12)
    nodes = expected_nodes(genotype, reduction, False, point, statistics)
    assert_close(nodes_in(evaluate(cell, buffers), reduction, genotype), positions(nodes), 1e-10)
    changed = [np.any(leaf != statistics[key], axis=-1) for key, leaf in new.items()]
    assert all((slots == normalised_slots(genotype, reduction)).all() for slots in changed)


def normalised_slots(cell: CellGenotype, reduction: bool) -> np.ndarray:
    """[edges, 2]: which slots the cell's operations normalise with; the others keep the given statistics."""
    used = []
    for name, source in cell.edges:
        first = name[:3] in ("sep", "dil") or (name == "skip_connect" and reduction and source < 2)
        used.append((first, name[:3] == "sep"))
    return np.array(used)


def test_the_cells_cover_every_operation_at_every_stride() -> None:
    covered = {(name, source < 2) for cell in CELLS for name, source in cell.edges}
    assert covered == {(name, from_input) for name in SEARCH_OPERATIONS for from_input in (True, False)}
