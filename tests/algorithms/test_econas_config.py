"""Constants that describe no search are refused by name."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from toy_search import LARGE, SMALL

from econas_jax.algorithms import ALGORITHMS, EcoNAS, EcoNASConfig
from econas_jax.errors import InputError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("initial_population", 0),
        ("initial_population", 5.0),
        ("cycles", -1),
        ("children", 0),
        ("children", True),
        ("promotions_to_2e", -1),
        ("promotions_to_2e", 17),
        ("promotions_to_3e", 9),
        ("parents_per_population", (6, 5, 4)),
        ("parents_per_population", (16,)),
        ("parents_per_population", (17, -1, 0)),
        ("parents_per_population", 16),
        ("parents_per_population", ("6", "5", "5")),
        ("tournament_divisor", 0),
        ("lifetime", 0),
        ("epochs", 0),
        ("skip_repeats", 1),
    ],
)
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError, match=field):
        EcoNASConfig(**{field: value})


def test_constants_from_a_config_file() -> None:
    from_file: Any = [6, 5, 5]
    assert EcoNASConfig(parents_per_population=from_file) == EcoNASConfig()
    with pytest.raises(InputError, match="seed"):
        EcoNAS(LARGE, SMALL, seed=-1)
    assert ALGORITHMS["econas"] is EcoNAS


RELEASED = (6, 5, 5)


@pytest.mark.parametrize("children", range(1, 100))
def test_parents_and_promotions_follow_the_number_of_children(children: int) -> None:
    config = EcoNASConfig(children=children)
    parents = config.parents_per_population
    assert sum(parents) == children
    assert parents == tuple(sorted(parents, reverse=True))
    assert all(abs(part - children * share / 16) < 1 for part, share in zip(parents, RELEASED, strict=True))
    assert config.promotions_to_2e in (children / 2, (children + 1) / 2)
    assert config.promotions_to_3e in (config.promotions_to_2e / 2, (config.promotions_to_2e + 1) / 2)
    assert EcoNASConfig(**asdict(config)) == config


@pytest.mark.parametrize(
    ("children", "parents", "promotions"),
    [(16, (6, 5, 5), (8, 4)), (8, (3, 3, 2), (4, 2)), (4, (2, 1, 1), (2, 1)), (1, (1, 0, 0), (1, 1))],
)
def test_what_follows_from_some_numbers(children: int, parents: tuple[int, ...], promotions: tuple[int, int]) -> None:
    config = EcoNASConfig(children=children)
    assert config.parents_per_population == parents
    assert (config.promotions_to_2e, config.promotions_to_3e) == promotions


def test_what_is_given_does_not_follow() -> None:
    config = EcoNASConfig(children=4, promotions_to_2e=3, parents_per_population=(4, 0, 0))
    assert (config.promotions_to_2e, config.promotions_to_3e) == (3, 2)
    assert config.parents_per_population == (4, 0, 0)
    with pytest.raises(InputError, match=r"with the sum 5, the number of children, or not set$"):
        replace(config, children=5)
    with pytest.raises(InputError, match=r"at most children \(2\), or not set: half of them$"):
        EcoNASConfig(children=2, promotions_to_2e=8)
