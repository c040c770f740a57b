"""Every algorithm on every space keeps the promises of `Algorithm`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from algorithm_contract import CHECKS, Case
from small_configs import LAG_CONFIGS, SMALL_CONFIGS
from toy_search import TINY, ToySpace, last_state, made_up

from econas_jax.algorithms import ALGORITHMS, CONFIGS
from econas_jax.errors import InputError
from econas_jax.spaces import SPACES
from econas_jax.spaces.space import Space

# The last has 81 functions, so that repeats come up.
CASES: dict[str, Space[Any]] = {name: kind() for name, kind in SPACES.items()}
CASES["small"] = ToySpace(("skip_connect", "sep_conv_3x3", "max_pool_3x3"))


def test_every_algorithm_is_tested() -> None:
    assert set(SMALL_CONFIGS) == set(ALGORITHMS) == set(CONFIGS)
    assert all(CONFIGS[name] is type(config) for name, pair in SMALL_CONFIGS.items() for config in pair)


@pytest.mark.parametrize("space", CASES)
@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_contract(check: Callable[[Case], None], name: str, space: str) -> None:
    check(Case(ALGORITHMS[name], CASES[space], *SMALL_CONFIGS[name]))


def test_those_with_a_lag_are_tested_with_one() -> None:
    assert {name for name, config in CONFIGS.items() if hasattr(config(), "lag")} == set(LAG_CONFIGS)


@pytest.mark.parametrize("space", ["small", "nasbench201"])
@pytest.mark.parametrize("lag", [1, 3])
@pytest.mark.parametrize("name", LAG_CONFIGS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_contract_with_a_lag(check: Callable[[Case], None], name: str, lag: int, space: str) -> None:
    check(Case(ALGORITHMS[name], CASES[space], *(replace(config, lag=lag) for config in LAG_CONFIGS[name])))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_search_in_which_nothing_may_be_trained_ends(name: str) -> None:
    algorithm = ALGORITHMS[name](TINY, SMALL_CONFIGS[name][0], 1, lambda genotype: "too_large")
    state = last_state(algorithm, made_up)
    assert (state.next_candidate, algorithm.best(state)) == (0, ())


@pytest.mark.parametrize("name", CONFIGS)
def test_defaults_make_a_search(name: str) -> None:
    config = CONFIGS[name]()
    assert is_dataclass(config) and len(fields(config)) > 0
    assert config.stages > config.rounds > 0 and config.total_epochs > 0
    with pytest.raises(InputError, match="seed"):
        ALGORITHMS[name](TINY, config, -1)
