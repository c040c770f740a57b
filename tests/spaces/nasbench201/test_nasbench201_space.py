"""The space: what is drawn, what is one step away, what is refused."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces import SPACES
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space
from econas_jax.spaces.space import Space

SPACE = NasBench201Space()
SMALL = NasBench201Space(operations=("none", "skip_connect", "nor_conv_3x3"))


def differing(one: Genotype, other: Genotype) -> int:
    return sum(a != b for a, b in zip(one.operations, other.operations, strict=True))


def test_sizes_are_the_published_one_and_powers() -> None:
    assert SPACE.size() == 15_625
    assert SMALL.size() == 3**6


def test_it_is_a_space_under_its_name() -> None:
    space: Space[Genotype] = SPACES["nasbench201"]()
    assert space == SPACE
    assert space.name == "nasbench201"
    space.check_trainable()


def test_every_operation_is_drawn_equally_often_at_every_edge() -> None:
    rng = np.random.default_rng(0)
    drawn = [SPACE.sample(rng) for _ in range(3000)]
    for place in range(6):
        counts = Counter(genotype.operations[place] for genotype in drawn)
        assert len(counts) == 5
        # Five standard deviations of a binomial distribution with p = 1/5.
        assert all(abs(count - 600) < 110 for count in counts.values())


@pytest.mark.parametrize("space", [SPACE, SMALL])
def test_neighbours_are_all_that_differ_in_one_edge(space: NasBench201Space) -> None:
    genotype = space.sample(np.random.default_rng(1))
    neighbours = list(space.neighbours(genotype))
    assert len(neighbours) == len(set(neighbours)) == 6 * (len(space.operations) - 1)
    assert all(differing(genotype, neighbour) == 1 for neighbour in neighbours)
    for neighbour in neighbours:
        space.check(neighbour)
    assert neighbours == list(space.neighbours(genotype))


def test_mutations_are_the_neighbours_drawn_equally_often() -> None:
    rng, genotype = np.random.default_rng(2), SMALL.sample(np.random.default_rng(3))
    counts = Counter(SMALL.mutate(genotype, rng) for _ in range(2400))
    assert set(counts) == set(SMALL.neighbours(genotype))
    assert all(abs(count - 200) < 70 for count in counts.values())


def test_the_generator_alone_decides() -> None:
    one, other = ([SPACE.sample(np.random.default_rng(4)) for _ in range(2)] for _ in range(2))
    assert one == other
    assert SPACE.mutate(one[0], np.random.default_rng(5)) == SPACE.mutate(one[0], np.random.default_rng(5))


def test_genotypes_with_other_operations_are_refused() -> None:
    genotype = Genotype(("none",) * 5 + ("avg_pool_3x3",))
    for use in (
        SMALL.check,
        lambda genotype: SMALL.mutate(genotype, np.random.default_rng()),
        lambda genotype: list(SMALL.neighbours(genotype)),
        lambda genotype: SMALL.parse(str(genotype)),
    ):
        with pytest.raises(InputError, match=r"operations\[5\]"):
            use(genotype)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "darts"}, "space.name"),
        ({"operations": ("none",)}, "space.operations"),
        ({"operations": ("none", "none")}, "space.operations"),
        ({"operations": ("none", "sep_conv_3x3")}, "space.operations"),
        ({"operations": 3}, "space.operations"),
    ],
)
def test_refused_fields(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        NasBench201Space(**changes)
    assert caught.value.field == field


def test_the_diagram_is_the_cell_with_every_edge() -> None:
    genotype = SPACE.sample(np.random.default_rng(6))
    (diagram,) = SPACE.diagrams(genotype)
    assert diagram.title == "Cell"
    assert [tuple(vertex) for vertex in diagram.vertices] == [
        ("0", "input"),
        ("1", "node"),
        ("2", "node"),
        ("3", "output"),
    ]
    ends = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    assert [tuple(edge) for edge in diagram.edges] == [
        (*pair, operation) for pair, operation in zip(ends, genotype.operations, strict=True)
    ]


def test_sees_the_image_where_a_path_leads_to_the_output() -> None:
    paths = [{3}, {0, 4}, {1, 5}, {0, 2, 5}]  # places of edges: 0-3, 0-1-3, 0-2-3, 0-1-2-3
    space = NasBench201Space(operations=("none", "avg_pool_3x3"))
    for operations in product(space.operations, repeat=6):
        open_edges = {place for place, operation in enumerate(operations) if operation != "none"}
        assert space.sees_image(Genotype(operations), 5) == any(path <= open_edges for path in paths)
