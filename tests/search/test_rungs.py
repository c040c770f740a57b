"""Rungs of different proxies on paper: which go on from the one below, what configs are refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from small_configs import SMALL_CONFIGS

from econas_jax.algorithms import EcoNASConfig, Promoting
from econas_jax.algorithms.algorithm import Trial
from econas_jax.compare.config import CompareConfig, ContenderConfig
from econas_jax.compare.length import first_stages
from econas_jax.errors import InputError
from econas_jax.nn.network import Cost
from econas_jax.search import SearchConfig, from_mapping
from econas_jax.search.history import StageRecord, stage_from_json, to_json_line
from econas_jax.search.ladder import Ladder, Setting
from econas_jax.search.rungs import Rungs, RungTraining, rungs_of
from econas_jax.training.config import ProxyConfig

USUAL = ProxyConfig(4, 8, 1.0)
HALF, LARGE, WIDE = (ProxyConfig(4, 8, 0.5), ProxyConfig(4, 16, 1.0), ProxyConfig(8, 8, 1.0))
SEED = 5


def rungs(*texts: str) -> Rungs:
    return rungs_of(EcoNASConfig(epochs=10, proxies=texts), USUAL)


def stage(start: int, end: int) -> Trial:
    return Trial(0, "genotype", None, 1, "a phase", start, end)


# By the texts of the rungs: what each trains, where its three stages begin, and whether states of E and 2E are kept.
LADDERS: dict[str, tuple[tuple[str, ...], list[RungTraining], list[int], list[bool]]] = {
    "one proxy": ((), [RungTraining(USUAL, 0)] * 3, [0, 10, 20], [True, True]),
    "the same one by name": (("", "channels=4", ""), [RungTraining(USUAL, 0)] * 3, [0, 10, 20], [True, True]),
    "more images": (
        ("sample_ratio=0.5", "sample_ratio=0.5", ""),
        [RungTraining(HALF, 0), RungTraining(HALF, 0), RungTraining(USUAL, 0)],
        [0, 10, 20],
        [True, True],
    ),
    "larger at 2E": (
        ("", "resolution=16", "resolution=16"),
        [RungTraining(USUAL, 0), RungTraining(LARGE, 1), RungTraining(LARGE, 1)],
        [0, 0, 20],
        [False, True],
    ),
    "wider at 3E": (
        ("sample_ratio=0.5", "", "channels=8"),
        [RungTraining(HALF, 0), RungTraining(USUAL, 0), RungTraining(WIDE, 2)],
        [0, 10, 0],
        [True, False],
    ),
    "there and back": (
        ("", "channels=8", ""),
        [RungTraining(USUAL, 0), RungTraining(WIDE, 1), RungTraining(USUAL, 2)],
        [0, 0, 0],
        [False, False],
    ),
}


@pytest.mark.parametrize(("texts", "trainings", "starts", "kept"), LADDERS.values(), ids=LADDERS.keys())
def test_a_rung_goes_on_where_the_shapes_are_those_of_the_rung_below(
    texts: tuple[str, ...], trainings: list[RungTraining], starts: list[int], kept: list[bool]
) -> None:
    ladder = rungs(*texts)
    assert ladder.trainings == tuple(dict.fromkeys(trainings))
    assert [ladder.trainings[ladder.training(epochs)] for epochs in (10, 20, 30)] == trainings
    assert [ladder.start(stage(start, start + 10)) for start in (0, 10, 20)] == starts
    assert [ladder.goes_on(epochs) for epochs in (10, 20, 30)] == [*kept, False]


def test_what_starts_anew_has_a_seed_of_its_own() -> None:
    seeds = {RungTraining(USUAL, origin).seed(seed) for origin in range(3) for seed in (0, SEED)}
    assert len(seeds) == 6 and all(0 <= seed < 2**31 for seed in seeds)
    assert RungTraining(HALF, 0).seed(SEED) == SEED
    assert RungTraining(LARGE, 1).seed(SEED) == RungTraining(USUAL, 1).seed(SEED)


def test_a_candidate_that_begins_in_a_higher_rung_trains_all_its_epochs_there() -> None:
    """As those of Hyperband's shorter brackets do."""
    ladder = rungs("", "resolution=16", "resolution=16")
    assert ladder.start(stage(0, 30)) == 0
    assert ladder.trainings[ladder.training(30)].proxy == LARGE


def test_the_largest_resolution_and_the_last_rungs_proxy_are_known() -> None:
    ladder = rungs("c1r0s0", "c2r2s0", "c4r4s1")
    assert ladder.resolution == 32
    assert [str(ladder.full_proxy(epochs)) for epochs in (10, 20, 30)] == ["c1r0s0e30", "c2r2s0e30", "c4r4s1e30"]
    assert str(SearchConfig(search=EcoNASConfig(proxies=("c4r4s0", "c4r4s0", "c3r3s0"))).full_proxy) == "c3r3s0e60"


def test_limits_bound_the_largest_network_of_any_rung() -> None:
    class Family:
        def __init__(self, parameters: int, multiply_adds: int) -> None:
            self._cost = Cost(parameters, multiply_adds)

        def encode(self, genotype: Any) -> Any:
            return genotype

        def cost(self, genotype: Any) -> Cost:
            return self._cost

    ladder = Ladder(
        rungs("", "resolution=16", "channels=8"), [Setting(Family(*cost)) for cost in ((1, 2), (1, 8), (4, 6))]
    )
    assert ladder.cost("genotype") == Cost(4, 8)
    assert [ladder.setting(epochs).family.cost("genotype") for epochs in (10, 20, 30)] == [(1, 2), (1, 8), (4, 6)]


RUNGS = {"econas": 3, "hierarchical_evolution": 3, "successive_halving": 3, "hyperband": 3, "asha": 3}


@pytest.mark.parametrize("algorithm", SMALL_CONFIGS)
def test_algorithms_that_promote_take_a_proxy_for_each_rung(algorithm: str) -> None:
    small = SMALL_CONFIGS[algorithm][0]
    total: int = small.total_epochs
    assert isinstance(small, Promoting) == (algorithm in RUNGS)
    if not isinstance(small, Promoting):
        assert rungs_of(small, USUAL) == Rungs((total,), (USUAL,))
        return
    assert len(small.rung_epochs) == RUNGS[algorithm] and small.rung_epochs[-1] == total
    assert len(set(small.rung_epochs)) == RUNGS[algorithm]
    texts = ["c4r4s0"] * RUNGS[algorithm]
    assert dataclasses.replace(small, proxies=texts).proxies == tuple(texts)  # type: ignore[arg-type]
    for wrong in (texts[1:], [*texts, ""], "c4r4s0", [4, *texts[1:]]):
        with pytest.raises(InputError, match=r"^proxies = .*expected a list of 3 texts, a proxy for each rung"):
            dataclasses.replace(small, proxies=wrong)  # type: ignore[arg-type]


REFUSED = {
    "too few": ({"search": {"proxies": ["c4r4s0"]}}, r"^search\.proxies = .*expected a list of 3 texts"),
    "no proxy": ({"search": {"proxies": ["", "", "c9r9s9"]}}, r"^search\.proxies = 'c9r9s9': expected a name such as"),
    "odd size": (
        {"search": {"proxies": ["", "", "resolution=18"]}},
        r"^search\.proxies = 'resolution=18': expected proxy\.resolution to be a multiple of 4",
    ),
    "a table": (
        {"table": "table.npz", "search": {"proxies": ["", "", ""]}},
        r"^search\.proxies = .*expected an empty list with a table",
    ),
    "no rungs": ({"algorithm": "random", "search": {"proxies": ["", "", ""]}}, r"search\.proxies.*is one of econas's"),
}


@pytest.mark.parametrize(("fields", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_list_is_refused_in_a_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_mapping(fields)


def test_a_comparison_names_the_contender() -> None:
    contenders = {
        "one": ContenderConfig(),
        "other": ContenderConfig(search=EcoNASConfig(proxies=("", "", "channels=none"))),
    }
    with pytest.raises(InputError, match=r"^contenders\.other\.search\.proxies = 'channels=none'"):
        CompareConfig(contenders=contenders, baseline="one")


def test_a_comparisons_budget_pays_for_epochs_that_are_trained_anew() -> None:
    search = SMALL_CONFIGS["econas"][0]
    plain = SearchConfig(search=search)
    anew = SearchConfig(search=dataclasses.replace(search, proxies=("", "resolution=16", "channels=12")))

    def trained(config: SearchConfig) -> dict[str, set[int]]:
        epochs: dict[str, set[int]] = {}
        for stage in first_stages(config, 400):
            epochs.setdefault(stage.phase, set()).add(stage.epochs - stage.start_epoch)
        return epochs

    assert trained(plain) == {"initial population": {10}, "children": {10}, "E to 2E": {10}, "2E to 3E": {10}}
    assert trained(anew) == {"initial population": {10}, "children": {10}, "E to 2E": {20}, "2E to 3E": {30}}


RECORD = StageRecord(
    *(0, None, 1, "children", "genotype", 0, 20, 0.5, 0.5, 0.5, 0.5, 12, 345, 1.0, "completed"), device="cpu"
)


def test_a_line_tells_of_proxies_only_where_rungs_have_their_own() -> None:
    assert "proxy" not in to_json_line(RECORD) and "images" not in to_json_line(RECORD)
    assert stage_from_json(to_json_line(RECORD)) == RECORD
    told = dataclasses.replace(RECORD, proxy="c4r4s1", images=22_400)
    assert '"proxy": "c4r4s1", "images": 22400' in to_json_line(told)
    assert stage_from_json(to_json_line(told)) == told
