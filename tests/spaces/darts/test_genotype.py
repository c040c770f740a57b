"""Genotypes: what is accepted and refused, and that the text and JSON forms are faithful."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.genotype import MAXIMUM_NODES, OPERATIONS, CellGenotype, Edge, Genotype
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


NODES = "[[('sep_conv_3x3', 1), ('none', 0)], [('skip_connect', 2), ('max_pool_3x3', 0)]]"
POSITIONAL = TEXT.replace("normal=", "").replace("normal_concat=", "").replace("reduce=", "")
VARIANTS = {
    "range": TEXT.replace("[2, 3]", "range(2, 4)"),
    "range with a step": TEXT.replace("[2, 3]", "range(2, 4, 1)"),
    "list of a range": TEXT.replace("[2, 3]", "list(range(2, 4))"),
    "array": TEXT.replace("[2, 3]", "np.array([2, 3])"),
    "tuple": TEXT.replace("[2, 3]", "(2, 3)"),
    "concat in another order": TEXT.replace("[2, 3]", "[3, 2]"),
    "lists for pairs": TEXT.replace("('sep_conv_3x3', 1)", '["sep_conv_3x3",1]'),
    "lines": "\n  " + TEXT.replace(", ", ",\n ") + "\n",
    "assigned": f"MINE = {TEXT}  # the best so far",
    "of a module": TEXT.replace("Genotype(", "genotypes.Genotype("),
    "of a module's module": f"best = {TEXT}".replace("Genotype(", "cnn.genotypes.Genotype("),
    "positional": POSITIONAL.replace("reduce_concat=", ""),
    "positional, then by name": POSITIONAL,
    "NumPy's integers": TEXT.replace("1)", "np.int64(1))").replace("[2, 3]", "[np.int64(2), np.uint8(3)]"),
    "NumPy's strings": TEXT.replace("'skip_connect'", "np.str_('skip_connect')"),
    "the whole module's name": TEXT.replace("'none'", "numpy.str_('none')"),
    "nested by node": TEXT.replace(TEXT[TEXT.index("[") : TEXT.index("], normal_c") + 1], NODES),
    "nested tuples": TEXT.replace(
        TEXT[TEXT.index("[") : TEXT.index("], normal_c") + 1], NODES.replace("[", "(").replace("]", ")")
    ),
    "weights": TEXT.replace("'skip_connect', 2", "'skip_connect', 2, 0.53").replace("'none', 0", "'none', 0, -1e-05"),
    "NumPy's weights": TEXT.replace("'none', 0", "'none', 0, np.float32(0.5)"),
    "in quotes": f'"{TEXT}"',
    "printed by NumPy": f'np.str_("{TEXT}")',
}


@pytest.mark.parametrize("text", VARIANTS.values(), ids=VARIANTS.keys())
def test_parse_reads_the_variants_in_use(text: str) -> None:
    assert text != TEXT
    assert Genotype.parse(text) == GENOTYPE
    assert str(Genotype.parse(text)) == TEXT


ACCEPTED = {
    "NumPy's strings": [(np.str_("sep_conv_3x3"), 1), (np.str_("none"), 0)],
    "NumPy's integers": [("sep_conv_3x3", np.int64(1)), ("none", np.uint8(0))],
    "arrays of one number": [("sep_conv_3x3", np.array(1)), ("none", np.array(0))],
    "a nested node": [[("sep_conv_3x3", 1), ("none", 0)]],
    "weights": [("sep_conv_3x3", 1, 0.53), ("none", 0, np.float32(0.1))],
    "both": ((["sep_conv_3x3", 1, 0.53], ["none", 0, 0.2]),),
}


@pytest.mark.parametrize("concat", [[2], (2,), range(2, 3), np.arange(2, 3), [np.int32(2)]], ids=repr)
@pytest.mark.parametrize("edges", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_values_that_equal_plain_ones_are_kept_as_plain_ones(edges: Any, concat: Any) -> None:
    cell = CellGenotype(edges, concat)
    assert cell == CellGenotype((Edge("sep_conv_3x3", 1), Edge("none", 0)), (2,))
    assert {type(edge.operation) for edge in cell.edges} == {str}
    assert {type(number) for number in (*cell.concat, *(edge.input for edge in cell.edges))} == {int}
    genotype = Genotype(cell, cell)
    assert Genotype.parse(str(genotype)) == genotype
    assert Genotype.from_json({"normal": edges, "normal_concat": concat, "reduce": edges, "reduce_concat": concat}) == (
        genotype
    )


def test_the_largest_genotype_is_read_back() -> None:
    edges = [("conv_7x1_1x7", place // 2) for place in range(2 * MAXIMUM_NODES)]
    cell = CellGenotype(edges, range(2, MAXIMUM_NODES + 2))  # type: ignore[arg-type]
    genotype = Genotype(cell, cell)
    assert Genotype.parse(str(genotype)) == genotype
    with pytest.raises(InputError, match="at most 100"):
        CellGenotype((*cell.edges, *cell.edges[:2]), (2,))


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
        f"a().Genotype(normal={EDGES}, {REST}",
        f"Genotype.Other(normal={EDGES}, {REST}",
        f"Genotype({EDGES}, [2], {EDGES}, [2], [2])",
        f"Genotype({EDGES}, [2], {EDGES})",
        f"Genotype(*{EDGES}, {REST}",
        f"Genotype({EDGES}, normal={EDGES}, {REST}",
        f"a = b = Genotype(normal={EDGES}, {REST}",
        f"a.b = Genotype(normal={EDGES}, {REST}",
        f"a[0] = Genotype(normal={EDGES}, {REST}",
        f"import os; Genotype(normal={EDGES}, {REST}",
        f"Genotype(normal=os.int64({EDGES}), {REST}",
        f"Genotype(normal=np.load('x'), {REST}",
        f"Genotype(normal=np.int64('1'), {REST}",
        f"Genotype(normal=[('none', 0), ('none', np.int64(0.5))], {REST}",
        f"Genotype(normal=[('none', 0), ('none', 0, 'x')], {REST}",
        f"Genotype(normal=[('none', 0), ('none', 0, 0.5, 0.5)], {REST}",
        f"Genotype(normal=[[('none', 0), ('none', 0), ('none', 1)], [('none', 0)]], {REST}",
        f"Genotype(normal=[[('none', 0), ('none', 0)], ('none', 0), ('none', 1)], {REST}",
        f"Genotype(normal=[[[('none', 0), ('none', 0)]]], {REST}",
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
        f"Genotype(normal=[('none', 0), ('none', 1)], {REST}".replace("[2]", "range(2, 3, 0)"),
        f"Genotype(normal=[('none', 0), ('none', 1)], {REST}".replace("[2]", "range(2, 3, 10000000000)"),
        f"Genotype(normal=[('none', 0), ('none', 1)], {REST}".replace("[2]", "range(start=2)"),
        f"Genotype(normal={EDGES}, {REST}\0",
        f"Genotype(normal={EDGES}, {REST}\ud800",
        f"Genotype(normal={EDGES}, {REST}; import os",
        f"Genotype(normal={'[' * 9000}{']' * 9000}, {REST}",
        f"Genotype(normal={'~' * 19000}1, {REST}",
        f"Genotype(normal=x{'.x' * 9500}, {REST}",
        f"Genotype(normal={EDGES}, {REST}" + " " * 20_000,
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
        ([("none", 0), ("none", 1)], [2, 2.0], "cell_concat[1]"),
        ([("none", 0), ("none", 1)], [np.True_], "cell_concat[0]"),
        ([("none", 0), ("none", np.float32(1))], [2], "cell[1]'s input"),
        ([("none", 0), (np.array(["none", "none"]), 1)], [2], "cell[1]'s operation"),
        ([("none", 0), ("none", 1)], {2}, "cell_concat"),
        ([[("none", 0), ("none", 1), ("none", 0), ("none", 1)]], [2], "cell[0]"),
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
