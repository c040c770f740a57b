"""The canonical form against brute force: the same classes as the elementary steps make, and the same function."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from econas_jax.spaces.darts.canonical import NONE, canonical_cell
from econas_jax.spaces.darts.genotype import OPERATIONS

Edges = tuple[tuple[int, int], ...]
Cell = tuple[Edges, tuple[int, ...]]

SKIP, SEP = OPERATIONS.index("skip_connect"), OPERATIONS.index("sep_conv_3x3")


def test_the_first_operation_is_none() -> None:
    assert OPERATIONS[NONE] == "none"


def all_cells(nodes: int, operations: tuple[int, ...]) -> list[Cell]:
    choices = [list(itertools.product(operations, range(2 + place // 2))) for place in range(2 * nodes)]
    outputs = [concat for count in range(1, nodes + 1) for concat in itertools.combinations(range(2, 2 + nodes), count)]
    return [(edges, concat) for edges in itertools.product(*choices) for concat in outputs]


def random_cell(rng: np.random.Generator, nodes: int, operations: tuple[int, ...]) -> Cell:
    edges = tuple((int(rng.choice(operations)), int(rng.integers(2 + place // 2))) for place in range(2 * nodes))
    concat = tuple(node for node in range(2, 2 + nodes) if rng.random() < 0.5)
    return edges, concat or (1 + nodes,)


def renumbered(cell: Cell, order: tuple[int, ...]) -> Cell | None:
    """The cell with its nodes in this order, or None where an edge would read a later node."""
    edges, concat = cell
    new = {0: 0, 1: 1} | {old: place + 2 for place, old in enumerate(order)}
    moved = tuple((operation, new[source]) for old in order for operation, source in edges[2 * old - 4 : 2 * old - 2])
    if any(source >= 2 + place // 2 for place, (_, source) in enumerate(moved)):
        return None
    return moved, tuple(sorted(new[node] for node in concat))


def reaches_output(cell: Cell, node: int) -> bool:
    edges, concat = cell
    readers = [2 + place // 2 for place, (operation, source) in enumerate(edges) if source == node and operation != 0]
    return node in concat or any(reaches_output(cell, reader) for reader in readers)


def neighbours(cell: Cell, operations: tuple[int, ...]) -> Iterator[Cell]:
    """The cells one elementary step away, every step written out."""
    edges, concat = cell
    nodes = len(edges) // 2
    for node in range(nodes):
        swapped = list(edges)
        swapped[2 * node : 2 * node + 2] = reversed(edges[2 * node : 2 * node + 2])
        yield tuple(swapped), concat
    for place, (operation, _) in enumerate(edges):
        dead = not reaches_output(cell, 2 + place // 2)
        for source in range(2 + place // 2):
            for other in operations if dead else (operation,):
                if dead or operation == NONE:
                    yield (*edges[:place], (other, source), *edges[place + 1 :]), concat
    for order in itertools.permutations(range(2, 2 + nodes)):
        moved = renumbered(cell, order)
        if moved is not None:
            yield moved


@pytest.mark.parametrize(("nodes", "operations"), [(1, (NONE, SKIP, SEP)), (2, (NONE, SKIP, SEP)), (3, (SEP,))])
def test_classes_are_those_of_the_elementary_steps(nodes: int, operations: tuple[int, ...]) -> None:
    cells = all_cells(nodes, operations)
    class_of: dict[Cell, int] = {}
    for start in cells:
        waiting = [] if start in class_of else [start]
        while waiting:
            cell = waiting.pop()
            if cell not in class_of:
                class_of[cell] = len(class_of) if cell is start else class_of[start]
                waiting.extend(neighbours(cell, operations))
    classes_of_form = defaultdict(set)
    for cell in cells:
        classes_of_form[canonical_cell(*cell)].add(class_of[cell])
    assert all(len(classes) == 1 for classes in classes_of_form.values())
    assert len(classes_of_form) == len(set(class_of.values()))
    assert len(classes_of_form) < len(cells)


@pytest.mark.parametrize("nodes", [4, 5])
def test_random_steps_do_not_change_the_form(nodes: int) -> None:
    rng = np.random.default_rng(nodes)
    operations = (NONE, SKIP, SEP)
    for _ in range(40):
        cell = random_cell(rng, nodes, operations)
        expected = canonical_cell(*cell)
        for _ in range(4):
            steps = list(neighbours(cell, operations))
            cell = steps[rng.integers(len(steps))]
            assert canonical_cell(*cell) == expected


@pytest.mark.parametrize("nodes", [3, 4, 5])
def test_order_is_the_smallest_of_all(nodes: int) -> None:
    rng = np.random.default_rng(10 + nodes)
    for _ in range(60):
        form = canonical_cell(*random_cell(rng, nodes, (NONE, SEP)))
        every = (renumbered(form, order) for order in itertools.permutations(range(2, 2 + nodes)))
        assert min(sequence(cell) for cell in every if cell is not None) == sequence(form)


def sequence(cell: Cell) -> list[tuple[list[tuple[int, int]], bool]]:
    edges, concat = cell
    return [(sorted(edges[place : place + 2]), 2 + place // 2 not in concat) for place in range(0, len(edges), 2)]


def outputs(cell: Cell) -> list[float]:
    """The values of the output's channels, sorted: operation number k is tanh(k * x + k), `none` is zero."""
    edges, concat = cell
    values = [0.3, -0.7]
    for place in range(0, len(edges), 2):
        terms = [math.tanh(k * values[source] + k) if k != NONE else 0.0 for k, source in edges[place : place + 2]]
        values.append(sum(terms))
    return sorted(values[node] for node in concat)


@pytest.mark.parametrize("nodes", [2, 4, 5, 8])
def test_the_form_computes_the_same_function(nodes: int) -> None:
    rng = np.random.default_rng(20 + nodes)
    for _ in range(100):
        cell = random_cell(rng, nodes, tuple(range(len(OPERATIONS))))
        form = canonical_cell(*cell)
        np.testing.assert_allclose(outputs(form), outputs(cell), rtol=1e-12)
        assert canonical_cell(*form) == form


def test_an_example() -> None:
    # Node 3 is dead: only a `none` edge of node 4 reads it. Of nodes 2 and 4, node 4 has the smaller edges.
    edges = ((SEP, 1), (SEP, 0), (SKIP, 2), (SEP, 1), (NONE, 3), (SKIP, 1))
    form = (NONE, 0), (NONE, 0), (NONE, 0), (SKIP, 1), (SEP, 0), (SEP, 1)
    assert canonical_cell(edges, (2, 4)) == (form, (3, 4))


def test_many_interchangeable_parts_end_soon_and_keep_the_function() -> None:
    # Eight equal nodes, each read by a node of its own: 8! orders tie, more than are kept.
    edges = ((SEP, 0), (SEP, 1)) * 8 + tuple(
        edge for node in range(2, 10) for edge in ((SKIP, 0), (node % 3 + 5, node))
    )
    cell = edges, tuple(range(10, 18))
    form = canonical_cell(*cell)
    np.testing.assert_allclose(outputs(form), outputs(cell), rtol=1e-12)
