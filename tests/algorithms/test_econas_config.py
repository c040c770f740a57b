"""Constants that describe no search are refused by name."""

from __future__ import annotations

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
