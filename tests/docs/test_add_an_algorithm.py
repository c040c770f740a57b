"""The algorithm of docs/add_an_algorithm.md runs, and keeps what every algorithm promises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from algorithm_contract import CHECKS, Case
from page_code import page_module, page_text
from toy_search import LARGE, TINY, ToySpace, made_up, run

from econas_jax.spaces.darts import DartsSpace

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = page_text("add_an_algorithm.md")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The page's code as a module."""
    with page_module("add_an_algorithm.md", tmp_path_factory.mktemp("page")) as module:
        yield module


@pytest.mark.parametrize("space", [LARGE, DartsSpace(nodes=2)], ids=["toy", "darts"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_contract(check: Callable[[Case], None], space: ToySpace | DartsSpace, page: ModuleType) -> None:
    config = page.HillClimbingConfig(rounds=6, batch=4, epochs=6)
    check(Case(page.HillClimbing, space, config, page.HillClimbingConfig(rounds=8, batch=4, epochs=6)))


def test_finds_the_best_of_a_small_space(page: ModuleType) -> None:
    algorithm = page.HillClimbing(TINY, page.HillClimbingConfig(rounds=20, batch=2, epochs=6), 0)
    *_, (_, _, state) = run(algorithm, made_up)
    everything = [TINY.genotype([a, b, c, d]) for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)]
    assert algorithm.best(state, 1)[0].accuracy == max(made_up(genotype, 6) for genotype in everything)


def test_what_the_page_names_is_there() -> None:
    assert re.findall(r"python -m pytest (\S+)", PAGE) == ["tests/algorithms/test_contract.py"]
    for path in re.findall(r"`((?:econas_jax|tests)/[\w/.]+)`", PAGE):
        assert (REPOSITORY / path).exists(), path
