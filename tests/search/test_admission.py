"""What a search never trains: networks above its limits, and those that cannot see the image."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from search_output import lines, without_figures
from tiny_search import CONFIG, EPOCHS, genotypes

from econas_jax.algorithms import RandomSearchConfig
from econas_jax.errors import InputError
from econas_jax.nn.families import network_family
from econas_jax.nn.network import Cost, NetworkSettings
from econas_jax.search import run_search
from econas_jax.search.admission import check_limits, refusing
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space

BLIND = "|none~0|+|none~0|nor_conv_3x3~1|+|none~0|nor_conv_3x3~1|nor_conv_3x3~2|"
SEEING = "|none~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|skip_connect~2|"


@pytest.mark.parametrize(
    ("limits", "cost", "answer"),
    [
        ({}, Cost(10**9, 10**12), None),
        ({"max_parameters": 100}, Cost(100, 10**12), None),
        ({"max_parameters": 100}, Cost(101, 1), "too_large"),
        ({"max_multiply_adds": 100}, Cost(10**9, 100), None),
        ({"max_multiply_adds": 100}, Cost(1, 101), "too_large"),
        ({"max_parameters": 100, "max_multiply_adds": 100}, Cost(101, 100), "too_large"),
    ],
)
def test_limits_are_inclusive(limits: dict[str, int], cost: Cost, answer: str | None) -> None:
    search = RandomSearchConfig(**limits)  # type: ignore[arg-type]
    refuse = refusing(NasBench201Space(), search, 1, lambda genotype: cost)
    assert refuse(Genotype.parse(SEEING)) == answer
    assert refuse(Genotype.parse(BLIND)) == "blind"


def test_no_cost_is_counted_without_a_limit() -> None:
    def no_cost(genotype: Any) -> Cost:
        raise AssertionError("counted")

    check_limits(NasBench201Space(), RandomSearchConfig(), no_cost, 0)
    assert refusing(NasBench201Space(), RandomSearchConfig(), 1, no_cost)(Genotype.parse(SEEING)) is None


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_parameters": 9}, r"^search.max_parameters = 9: expected at least 10, the least of 1000 random"),
        ({"max_multiply_adds": 9}, r"^search.max_multiply_adds = 9: expected at least 10, "),
        ({"max_parameters": 10, "max_multiply_adds": 10}, r"^search.max_parameters = 10: expected limits, with"),
    ],
)
def test_limits_that_nothing_is_within_are_refused(limits: dict[str, int], message: str) -> None:
    def one_small(genotype: Any) -> Cost:
        return Cost(10, 20) if genotype.operations[0] == "none" else Cost(20, 10)

    with pytest.raises(InputError, match=message):
        check_limits(NasBench201Space(), RandomSearchConfig(**limits), one_small, 0)  # type: ignore[arg-type]


def test_a_search_keeps_its_limits_and_counts_what_it_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_figures(monkeypatch)
    proxy = CONFIG.proxy
    family = network_family(DartsSpace(), NetworkSettings(proxy.channels, proxy.resolution, 1, 10))
    costs = sorted(family.cost(genotype) for genotype in genotypes(50))
    limit = costs[15].parameters
    search = RandomSearchConfig(candidates=6, batch=3, epochs=EPOCHS, max_parameters=limit)
    config = dataclasses.replace(CONFIG, algorithm="random", search=search)
    result = run_search(config, tmp_path)
    assert len(result.stages) == 6
    assert all(stage.parameters <= limit for stage in result.stages)
    (written,) = lines(tmp_path / "result.json")
    assert written["skipped_too_large"] == result.rounds[-1].skipped_too_large > 0
    assert written["skipped_blind"] == result.rounds[-1].skipped_blind
    with pytest.raises(InputError, match="max_parameters"):
        run_search(dataclasses.replace(config, search=dataclasses.replace(search, max_parameters=1)), tmp_path / "no")
    assert not (tmp_path / "no").exists()
