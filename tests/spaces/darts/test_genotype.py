"""Genotypes: what is accepted and refused, and that the text and JSON forms are faithful."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.genotype import OPERATIONS, CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.published import AMOEBANET_A, DARTS_V1, ECONAS, NASNET_A

TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 1), ('none', 0), ('skip_connect', 2), ('max_pool_3x3', 0)], "
    "normal_concat=[2, 3], reduce=[('dil_conv_5x5', 0), ('avg_pool_3x3', 1), ('sep_conv_5x5', 1), "
    "('sep_conv_3x3', 2)], reduce_concat=[3])"
)
GENOTYPE = Genotype(
    normal=CellGenotype(
        (Edge("sep_conv_3x3", 1), Edge("none", 0), Edge("skip_connect", 2), Edge("max_pool_3x3", 0)), (2, 3)
    ),
    reduce=CellGenotype(
        (Edge("dil_conv_5x5", 0), Edge("avg_pool_3x3", 1), Edge("sep_conv_5x5", 1), Edge("sep_conv_3x3", 2)), (3,)
    ),
)
FIELDS = json.loads(json.dumps(GENOTYPE.to_json()))


def test_text_is_the_published_form() -> None:
    assert str(GENOTYPE) == TEXT
    assert Genotype.parse(TEXT) == GENOTYPE


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("[2, 3]", "range(2, 4)"),
        TEXT.replace("[2, 3]", "(2, 3)"),
        TEXT.replace("('sep_conv_3x3', 1)", '["sep_conv_3x3",1]'),
        "\n  " + TEXT.replace(", ", ",\n ") + "\n",
    ],
)
def test_parse_reads_the_variants_in_use(text: str) -> None:
    assert Genotype.parse(text) == GENOTYPE


def test_parse_reads_fields_in_any_order() -> None:
    assert Genotype.parse(f"Genotype(reduce_concat=[2], normal_concat=[2], reduce={EDGES}, normal={EDGES})").reduce == (
        CellGenotype((Edge("none", 0), Edge("none", 1)), (2,))
    )


@pytest.mark.parametrize("genotype", [GENOTYPE, ECONAS, DARTS_V1, NASNET_A, AMOEBANET_A])
def test_round_trips(genotype: Genotype) -> None:
    assert Genotype.parse(str(genotype)) == genotype
    assert Genotype.from_json(json.loads(json.dumps(genotype.to_json()))) == genotype


def test_round_trips_of_random_genotypes() -> None:
    rng = np.random.default_rng(0)
    space = DartsSpace(nodes=5, operations=OPERATIONS)
    for _ in range(50):
        test_round_trips(space.sample(rng))


EDGES = "[('none', 0), ('none', 1)]"
REST = f"normal_concat=[2], reduce={EDGES}, reduce_concat=[2])"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Genotype",
        "Genotype(",
        "Genotype()",
        f"Architecture(normal={EDGES}, {REST}",
        f"a.Genotype(normal={EDGES}, {REST}",
        f"Genotype({EDGES}, [2], {EDGES}, [2])",
        f"Genotype(normal={EDGES}, reduce={EDGES})",
        f"Genotype(normal={EDGES}, normal={EDGES}, {REST}",
        f"Genotype(normal={EDGES}, extra=1, {REST}",
        f"Genotype(**{{}}, {REST}",
        f"Genotype(normal=__import__('os').system('false'), {REST}",
        f"Genotype(normal=[('none', 0)] * 2, {REST}",
        f"Genotype(normal=[('none', 0), ('none', -1)], {REST}",
        f"Genotype(normal=[('none', 0), ('none', True)], {REST}",
        f"Genotype(normal=[('none', 0), ('none', 1.0)], {REST}",
        f"Genotype(normal=[('none', 0), ('none', 0x{'f' * 9000})], {REST}",
        f"Genotype(normal=[('none', 0), ('none', {'9' * 9000})], {REST}",
        f"Genotype(normal=[('none', 0), ('none', 1)], {REST}".replace("[2]", "range(10 ** 9)"),
        f"Genotype(normal=[('none', 0), ('none', 1)], {REST}".replace("[2]", "range(2, 1000000000)"),
        f"Genotype(normal=[('none', 0), ('none', 1)], {REST}".replace("[2]", "range(2, 3, 1)"),
        f"Genotype(normal=[('none', 0), ('none', 1)], {REST}".replace("[2]", "range(start=2)"),
        f"Genotype(normal={EDGES}, {REST}\0",
        f"Genotype(normal={EDGES}, {REST}\ud800",
        f"Genotype(normal={EDGES}, {REST}; import os",
        f"Genotype(normal={'[' * 4000}{']' * 4000}, {REST}",
        f"Genotype(normal={'~' * 9000}1, {REST}",
        f"Genotype(normal=x{'.x' * 4500}, {REST}",
        f"Genotype(normal={EDGES}, {REST}" + " " * 10_000,
    ],
)
def test_parse_refuses_hostile_text_in_one_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Genotype.parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_parse_refuses_what_is_no_text() -> None:
    with pytest.raises(InputError, match="expected text"):
        Genotype.parse(b"Genotype()")  # type: ignore[arg-type]


def test_damaged_text_is_refused_or_another_valid_genotype() -> None:
    rng = np.random.default_rng(1)
    alphabet = list("[](),=0123456789'_ \\\n#:*x")
    refused = 0
    for _ in range(1000):
        characters = list(TEXT)
        for _ in range(rng.integers(1, 4)):
            characters[rng.integers(len(characters))] = str(rng.choice(alphabet))
        try:
            genotype = Genotype.parse("".join(characters))
        except InputError:
            refused += 1
        else:
            assert Genotype.parse(str(genotype)) == genotype
    assert 500 < refused < 1000


@pytest.mark.parametrize(
    ("edges", "concat", "field"),
    [
        ([], [2], "cell"),
        (None, [2], "cell"),
        ([("none", 0)], [2], "cell"),
        ([("none", 0), ("none", 0), ("none", 0)], [2], "cell"),
        ([("none", 0), "none"], [2], "cell[1]"),
        ([("none", 0, 0), ("none", 0)], [2], "cell[0]"),
        ([("none", 0), ("conv_3x3", 0)], [2], "cell[1]'s operation"),
        ([("none", 0), ([], 0)], [2], "cell[1]'s operation"),
        ([("none", 0), ("none", 2)], [2], "cell[1]'s input"),
        ([("none", 0), ("none", -1)], [2], "cell[1]'s input"),
        ([("none", 0), ("none", "0")], [2], "cell[1]'s input"),
        ([("none", 0), ("none", 1), ("none", 2), ("none", 3)], [2], "cell[3]'s input"),
        ([("none", 0), ("none", 1)], [], "cell_concat"),
        ([("none", 0), ("none", 1)], 2, "cell_concat"),
        ([("none", 0), ("none", 1)], [1], "cell_concat[0]"),
        ([("none", 0), ("none", 1)], [3], "cell_concat[0]"),
        ([("none", 0), ("none", 1)], [2.0], "cell_concat[0]"),
        ([("none", 0), ("none", 1)], [2, 2], "cell_concat"),
        ([("none", 0), ("none", 1), ("none", 0), ("none", 1)], [3, 2], "cell_concat"),
    ],
)
def test_cells_that_are_none(edges: object, concat: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        CellGenotype(edges, concat)  # type: ignore[arg-type]
    assert caught.value.field == field


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        "Genotype()",
        {},
        {**FIELDS, "extra": 1},
        {name: value for name, value in FIELDS.items() if name != "reduce"},
        {**FIELDS, "normal": None},
        {**FIELDS, "normal": {"0": ["none", 0]}},
        {**FIELDS, "reduce": [["none", 0], ["none", float("nan")]]},
        {**FIELDS, "reduce": [["none", 0], [["none"], 0]]},
        {**FIELDS, "reduce_concat": [True]},
        {**FIELDS, "reduce_concat": "23"},
    ],
)
def test_from_json_refuses_anything_else(fields: object) -> None:
    with pytest.raises(InputError):
        Genotype.from_json(fields)  # type: ignore[arg-type]


def test_messages_name_the_cell() -> None:
    with pytest.raises(InputError, match=r"reduce\[2\]'s input = 3: expected a whole number from 0 to 2"):
        Genotype.parse(TEXT.replace("('sep_conv_5x5', 1)", "('sep_conv_5x5', 3)"))


def test_lists_are_stored_as_tuples() -> None:
    cell = CellGenotype([["none", 0], ("none", 1)], [2])  # type: ignore[arg-type]
    assert cell == CellGenotype((Edge("none", 0), Edge("none", 1)), (2,))
    assert cell.nodes == 1
    assert all(isinstance(edge, Edge) for edge in cell.edges)


def test_genotypes_are_immutable_and_hash_by_value() -> None:
    assert {GENOTYPE: 1}[Genotype.parse(TEXT)] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        GENOTYPE.normal = ECONAS.normal  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        GENOTYPE.normal.concat = (3,)  # type: ignore[misc]


def test_canonical_treats_both_cells() -> None:
    swapped = Genotype(
        normal=CellGenotype((Edge("none", 1), Edge("sep_conv_3x3", 1), *reversed(GENOTYPE.normal.edges[2:])), (2, 3)),
        reduce=CellGenotype((*reversed(GENOTYPE.reduce.edges[:2]), *GENOTYPE.reduce.edges[2:]), (3,)),
    )
    assert swapped != GENOTYPE
    assert swapped.canonical() == GENOTYPE.canonical()
    assert Genotype(GENOTYPE.reduce, GENOTYPE.normal).canonical() != GENOTYPE.canonical()
