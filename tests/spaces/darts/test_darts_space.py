"""The DARTS space: drawing and mutating against enumeration by brute force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.darts import DartsSpace, loose_nodes
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.published import DARTS_V1, DARTS_V2, ECONAS, NASNET_A

SPACES = [
    DartsSpace(),
    DartsSpace(concat="all"),
    DartsSpace(nodes=1, operations=("none", "sep_conv_7x7")),
    DartsSpace(nodes=7, operations=("skip_connect", "sep_conv_3x3", "none")),
]


def differences(before: Genotype, after: Genotype) -> list[tuple[str, Edge, Edge]]:
    cells = (("normal", before.normal, after.normal), ("reduce", before.reduce, after.reduce))
    return [(name, a, b) for name, x, y in cells for a, b in zip(x.edges, y.edges, strict=True) if a != b]


@pytest.mark.parametrize("space", SPACES)
def test_samples_and_mutations_stay_in_the_space(space: DartsSpace) -> None:
    rng = np.random.default_rng(0)
    genotype = space.sample(rng)
    for _ in range(200):
        space.check(genotype)
        mutated = space.mutate(genotype, rng)
        ((_, before, after),) = differences(genotype, mutated)
        assert (before.operation == after.operation) != (before.input == after.input)
        genotype = mutated


def test_concat_is_the_released_codes_without_the_cells_inputs() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        for cell in (DartsSpace().sample(rng).normal, DartsSpace().sample(rng).reduce):
            assert set(cell.concat) == set(range(6)) - {edge.input for edge in cell.edges} - {0, 1}
    assert DartsSpace(concat="all").sample(rng).reduce.concat == (2, 3, 4, 5)


def test_loose_nodes_counts_none_edges_as_reading() -> None:
    edges = (Edge("none", 0), Edge("none", 1), Edge("none", 2), Edge("none", 2), Edge("none", 0), Edge("none", 1))
    assert loose_nodes(edges) == (3, 4)


def test_same_generator_same_draws() -> None:
    space = DartsSpace()
    first, second = (space.sample(np.random.default_rng([3, 1, 4])) for _ in range(2))
    assert first == second
    assert first != space.sample(np.random.default_rng([3, 1, 5]))
    assert space.mutate(first, np.random.default_rng(5)) == space.mutate(first, np.random.default_rng(5))


def test_golden_draws() -> None:
    # Recorded: searches are repeated from their seeds, so the law from seed to genotype must not change unnoticed.
    rng = np.random.default_rng(2020)
    genotype = DartsSpace(nodes=2).sample(rng)
    assert str(genotype) == GOLDEN_SAMPLE
    assert str(DartsSpace(nodes=2).mutate(genotype, rng)) == GOLDEN_MUTATION


GOLDEN_NORMAL = (
    "Genotype(normal=[('none', 0), ('sep_conv_5x5', 1), ('sep_conv_5x5', 2), ('max_pool_3x3', 2)], normal_concat=[3], "
)
GOLDEN_SAMPLE = GOLDEN_NORMAL + (
    "reduce=[('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 1), ('sep_conv_5x5', 1)], reduce_concat=[2, 3])"
)
GOLDEN_MUTATION = GOLDEN_NORMAL + (
    "reduce=[('skip_connect', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 1)], reduce_concat=[2, 3])"
)


def test_size_is_the_number_of_genotypes() -> None:
    assert DartsSpace(nodes=1, operations=("none", "skip_connect")).size() == 4**4
    # Two nodes, two operations: 4 * 4 * 6 * 6 cells, drawn often enough to meet every one.
    space = DartsSpace(nodes=2, operations=("none", "skip_connect"))
    rng = np.random.default_rng(2)
    cells = {space.sample(rng).normal for _ in range(10_000)}
    assert len(cells) ** 2 == space.size() == 331_776
    assert DartsSpace().size() == (8**8 * (2 * 3 * 4 * 5) ** 2) ** 2


def test_samples_are_uniform() -> None:
    space = DartsSpace(nodes=1, operations=("none", "skip_connect"))
    rng = np.random.default_rng(3)
    counts = Counter(space.sample(rng) for _ in range(25_600))
    chi_squared = sum((count - 100) ** 2 / 100 for count in counts.values())
    assert len(counts) == 256
    assert 180 < chi_squared < 340  # 255 degrees of freedom: mean 255, deviation 23


def test_mutations_reach_every_neighbour_with_the_released_codes_law() -> None:
    space = DartsSpace(nodes=2, operations=("none", "skip_connect", "sep_conv_3x3"))
    rng = np.random.default_rng(4)
    start = space.sample(rng)
    draws = 20_000
    counts = Counter(differences(start, space.mutate(start, rng))[0] for _ in range(draws))
    expected: dict[tuple[str, Edge, Edge], float] = {}
    for name, cell in (("normal", start.normal), ("reduce", start.reduce)):
        for place, edge in enumerate(cell.edges):
            operations = [Edge(other, edge.input) for other in space.operations if other != edge.operation]
            inputs = [Edge(edge.operation, other) for other in range(2 + place // 2) if other != edge.input]
            for others in (operations, inputs):
                for other in others:
                    key = (name, edge, other)
                    expected[key] = expected.get(key, 0) + draws / 2 / 4 / 2 / len(others)
    assert set(counts) == set(expected)
    for key, number in expected.items():
        assert abs(counts[key] - number) < 5 * number**0.5


@pytest.mark.parametrize("space", SPACES)
def test_neighbours_are_the_genotypes_that_differ_in_one_thing(space: DartsSpace) -> None:
    rng = np.random.default_rng(7)
    genotype = space.sample(rng)
    neighbours = list(space.neighbours(genotype))
    others = sum(len(space.operations) - 1 + 2 + place // 2 - 1 for place in range(2 * space.nodes))
    assert len(neighbours) == len(set(neighbours)) == 2 * others
    for neighbour in neighbours:
        space.check(neighbour)
        ((_, before, after),) = differences(genotype, neighbour)
        assert (before.operation == after.operation) != (before.input == after.input)
        assert genotype in set(space.neighbours(neighbour))
    assert {space.mutate(genotype, rng) for _ in range(100)} <= set(neighbours)
    assert neighbours == list(space.neighbours(genotype))


def test_mutations_reach_all_neighbours() -> None:
    space = DartsSpace(nodes=2, operations=("none", "skip_connect", "sep_conv_3x3"))
    rng = np.random.default_rng(8)
    genotype = space.sample(rng)
    assert {space.mutate(genotype, rng) for _ in range(2_000)} == set(space.neighbours(genotype))


def test_size_of_a_published_cells_neighbourhood() -> None:
    """Counted by hand: 16 edges with 6 other operations each, and 40 other inputs, 24 of them new to their node."""
    space = DartsSpace(operations=SEARCH_OPERATIONS[1:], concat="all")
    neighbours = list(space.neighbours(DARTS_V2))
    assert len(neighbours) == 16 * 6 + 40
    cells = [(genotype.normal.edges, genotype.reduce.edges) for genotype in neighbours]
    nodes = [[pair for edges in both for pair in zip(edges[::2], edges[1::2], strict=True)] for both in cells]
    assert sum(all(first.input != second.input for first, second in pairs) for pairs in nodes) == 16 * 6 + 24


def test_texts_of_the_spaces_genotypes_are_read() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        genotype = DartsSpace().sample(rng)
        assert DartsSpace().parse(str(genotype)) == genotype
    for text in (str(DARTS_V1), str(NASNET_A), "Genotype(normal=[])", ""):
        with pytest.raises(InputError):
            DartsSpace().parse(text)


def test_canonical_form_is_the_genotypes() -> None:
    edges = [Edge("skip_connect", 1), Edge("none", 1)]
    exchanged = [Edge("none", 0), Edge("skip_connect", 1)]
    space = DartsSpace(nodes=1)
    first, second = (Genotype(CellGenotype(tuple(e), (2,)), CellGenotype(tuple(e), (2,))) for e in (edges, exchanged))
    assert first != second and space.canonical(first) == space.canonical(second) == first.canonical()


def test_what_no_network_trains_is_named() -> None:
    DartsSpace().check_trainable()
    DartsSpace(nodes=3, operations=("none", "skip_connect")).check_trainable()
    with pytest.raises(InputError, match=r"^space\.nodes = 2: expected a whole number of at least 3"):
        DartsSpace(nodes=2).check_trainable()
    with pytest.raises(InputError, match=r"^space\.operations = .*expected some of none, max_pool_3x3"):
        DartsSpace(operations=("sep_conv_7x7", "none")).check_trainable()


def test_diagrams_of_the_papers_cell() -> None:
    normal, reduction = DartsSpace().diagrams(ECONAS)  # which is outside the space
    assert (normal.title, reduction.title) == ("Normal cell", "Reduction cell")
    kinds = [("c_{k-2}", "input"), ("c_{k-1}", "input"), *((str(n), "node") for n in range(4)), ("c_k", "output")]
    assert list(reduction.vertices) == list(normal.vertices) == kinds
    named = [(reduction.vertices[a].name, reduction.vertices[b].name, label) for a, b, label in reduction.edges]
    assert named == [
        ("c_{k-1}", "0", "max_pool_3x3"),
        ("c_{k-1}", "0", "sep_conv_5x5"),
        ("c_{k-2}", "1", "skip_connect"),
        ("0", "1", "avg_pool_3x3"),
        ("1", "2", "dil_conv_5x5"),
        ("c_{k-2}", "2", "max_pool_3x3"),
        ("c_{k-2}", "3", "dil_conv_3x3"),
        ("c_{k-1}", "3", "max_pool_3x3"),
        ("0", "c_k", None),
        ("2", "c_k", None),
        ("3", "c_k", None),
    ]


def test_mutation_leaves_its_argument_alone() -> None:
    space = DartsSpace()
    rng = np.random.default_rng(6)
    genotype = space.sample(rng)
    text = str(genotype)
    for _ in range(20):
        space.mutate(genotype, rng)
    assert str(genotype) == text


def test_published_cells() -> None:
    DartsSpace(concat="all").check(DARTS_V1)
    DartsSpace(concat="all").check(DARTS_V2)
    # The paper's cell concatenates node 2 of its reduction cell, which node 3 reads: no choice of loose ends.
    with pytest.raises(InputError, match="reduce_concat"):
        DartsSpace().check(ECONAS)


@pytest.mark.parametrize(
    ("genotype", "field"),
    [
        (NASNET_A, "nodes of normal"),
        (Genotype(ECONAS.normal, NASNET_A.reduce), "nodes of reduce"),
        (DARTS_V1, "normal_concat"),
        (
            Genotype(
                CellGenotype((Edge("sep_conv_7x7", 0), *ECONAS.normal.edges[1:]), ECONAS.normal.concat), ECONAS.reduce
            ),
            "normal[0]'s operation",
        ),
    ],
)
def test_genotypes_outside_the_space_are_refused(genotype: Genotype, field: str) -> None:
    acts: list[Callable[[Genotype], object]] = [
        DartsSpace().check,
        lambda value: DartsSpace().mutate(value, np.random.default_rng(0)),
        lambda value: next(DartsSpace().neighbours(value)),
        lambda value: DartsSpace().parse(str(value)),
    ]
    for act in acts:
        with pytest.raises(InputError) as caught:
            act(genotype)
        assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "nasbench201"),
        ("nodes", 0),
        ("nodes", 4.0),
        ("operations", ()),
        ("operations", ("none",)),
        ("operations", ("none", "none")),
        ("operations", ("none", "conv")),
        ("operations", "none"),
        ("concat", "some"),
    ],
)
def test_fields_that_make_no_space_are_refused(field: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        DartsSpace(**{field: value})  # type: ignore[arg-type]
    assert caught.value.field == f"space.{field}"


def test_operations_may_come_as_a_list() -> None:
    assert DartsSpace(operations=list(SEARCH_OPERATIONS)) == DartsSpace()  # type: ignore[arg-type]
    assert hash(DartsSpace(operations=list(SEARCH_OPERATIONS))) == hash(DartsSpace())  # type: ignore[arg-type]
