"""The genotype and its published text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space

TEXT = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|none~2|"


def test_the_published_text_names_the_edges_target_by_target() -> None:
    genotype = Genotype.parse(TEXT)
    expected = ("avg_pool_3x3", "nor_conv_1x1", "skip_connect", "nor_conv_1x1", "skip_connect", "none")
    assert genotype.operations == expected
    assert str(genotype) == TEXT


def test_parse_is_the_inverse_of_str() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        genotype = NasBench201Space().sample(rng)
        assert Genotype.parse(str(genotype)) == genotype
        assert Genotype.parse(f" {genotype}\n") == genotype


def test_a_list_makes_the_same_value() -> None:
    names: Any = ["none"] * 6
    assert hash(Genotype(names)) == hash(Genotype(("none",) * 6))


@pytest.mark.parametrize(
    "text", [f" {TEXT}\n", f"'{TEXT}'", f' "{TEXT}" ', f"`{TEXT}`", f"np.str_('{TEXT}')", np.str_(TEXT)]
)
def test_spaces_quotes_and_numpys_strings_are_no_part_of_the_text(text: str) -> None:
    genotype = Genotype.parse(text)
    assert str(genotype) == TEXT
    assert {type(operation) for operation in genotype.operations} == {str}


@pytest.mark.parametrize("kind", [tuple, list, np.array, lambda names: [np.str_(name) for name in names]])
def test_values_that_equal_plain_ones_are_kept_as_plain_ones(kind: Any) -> None:
    genotype = Genotype(kind(Genotype.parse(TEXT).operations))
    assert genotype == Genotype.parse(TEXT) == Genotype.parse(str(genotype))
    assert {type(operation) for operation in genotype.operations} == {str}


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"'{TEXT}",
        f"np.int64({TEXT})",
        "none",
        TEXT[1:],
        TEXT + "|",
        TEXT.replace("+", ""),
        TEXT.replace("none~2", "none~1"),
        TEXT.replace("none~2", "none"),
        TEXT.replace("none~2", "max_pool_3x3~2"),
        TEXT.replace("|none~2|", "|"),
        TEXT.replace("none~2", "none~2|none~2"),
        TEXT.replace("|+|", "+", 1),
        "|" * 100_000,
        None,
    ],
)
def test_other_texts_are_refused_in_one_line(text: Any) -> None:
    with pytest.raises(InputError) as caught:
        Genotype.parse(text)
    assert caught.value.field == "genotype"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("operations", "field"),
    [(("none",) * 5, "operations"), ("none", "operations"), (("none",) * 5 + ("sep_conv_3x3",), "operations[5]")],
)
def test_other_operations_are_refused(operations: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        Genotype(operations)
    assert caught.value.field == field
