"""Whole searches for chains inside a toy: when what is stepped, what comes out; stopped, they end the same."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tiny_chain import PROXYLESS, SPOS, use_toy_chains
from tiny_retrain import CLASSES, SIZE, tiny_dataset
from tiny_supernet import assert_same_search, committed, history

from econas_jax.errors import InputError
from econas_jax.retrain.choices import choices
from econas_jax.spaces.chain import multiply_adds, parse_chain
from econas_jax.supernet import SupernetConfig, SupernetInterruptedError, run_supernet
from econas_jax.supernet.chain_configs import ChainProxy, MbconvConfig, ShufflenetConfig
from econas_jax.supernet.chains.choice import chain_search
from econas_jax.supernet.programs import initial_state
from econas_jax.supernet.report.page import write_supernet_report
from econas_jax.supernet.task import SupernetState
from econas_jax.training.state import from_vector

STEPS = 3  # of an epoch: 15 of 22 images are for the weights


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy_chains(monkeypatch)


def searched(folder: Path, config: SupernetConfig, **arguments: Any) -> Any:
    return run_supernet(config, folder, dataset=tiny_dataset(), **arguments)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of searches from beginning to end."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("proxyless", "spos")}
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_toy_chains(monkeypatch)
        searched(folders["proxyless"], PROXYLESS)
        searched(folders["spos"], SPOS)
    return folders


def state_in(folder: Path, config: SupernetConfig) -> SupernetState:
    task, method = chain_search(config, CLASSES, (0.5,) * 3, (0.2,) * 3)
    template: SupernetState = jax.eval_shape(lambda: initial_state(task, method, 0))
    return from_vector(committed(folder)[1], template)


def ranking(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ranking.jsonl").read_text().splitlines()]


def test_the_architecture_is_stepped_after_the_warm_up_and_an_epoch_more(undisturbed: dict[str, Path]) -> None:
    records = history(undisturbed["proxyless"])
    tables = [np.array(record["places"]) for record in records]
    there = np.array([[True] * 6 + [False], [True] * 7])
    assert np.array_equal(tables[0], tables[1])
    assert np.allclose(tables[0], there / there.sum(axis=1, keepdims=True), atol=0.001) and not tables[3][~there].any()
    assert not np.allclose(tables[1], tables[2], atol=1e-3) and not np.allclose(tables[2], tables[3], atol=1e-3)
    assert ["architecture_loss" in record["measures"] for record in records] == [False, False, True, True]
    entropies = [record["measures"]["entropy"] for record in records]
    assert entropies[0] == pytest.approx((np.log(6) + np.log(7)) / 2, abs=1e-3) and entropies[3] < entropies[0]
    # The warm-up's cosine ends, and another one begins.
    rates = [record["learning_rate"] for record in records]
    assert rates[0] == pytest.approx(0.05 * (1 + np.cos(np.pi * 2 / 3)) / 2)
    assert rates[3] == pytest.approx(0.05 * (1 + np.cos(np.pi * 8 / 9)) / 2)


def test_the_history_has_the_likeliest_network_and_its_costs(undisturbed: dict[str, Path]) -> None:
    for record in history(undisturbed["proxyless"]):
        chain, table = parse_chain(record["genotype"]), np.array(record["places"])
        assert [len(block.main) == 0 for block in chain.blocks[1:]] == list(np.argmax(table, axis=1) == 6)
        costs = record["measures"]["multiply_adds"], record["measures"]["expected_cost"]
        full, space = (PROXYLESS.network.space(width) for width in (1.0, 0.125))  # type: ignore[union-attr]
        path = tuple(np.argmax(table, axis=1).tolist())
        assert chain == full.network(path)  # as it is to be retrained
        assert costs[0] == multiply_adds(space.network(path), resolution=SIZE, num_classes=CLASSES)
        common, added = space.multiply_adds(SIZE, CLASSES)
        expected = common + sum(
            float(np.dot(row[: len(costly)], costly)) for row, costly in zip(table, added, strict=True)
        )
        assert costs[1] == pytest.approx(expected, rel=1e-5)


def test_a_retraining_takes_the_networks(undisturbed: dict[str, Path]) -> None:
    (choice,) = choices(str(undisturbed["proxyless"]))
    last = history(undisturbed["proxyless"])[-1]
    assert choice.genotype == parse_chain(last["genotype"])
    (entry,) = json.loads((undisturbed["proxyless"] / "result.json").read_text())["best"]
    assert entry["multiply_adds"] == multiply_adds(choice.genotype, resolution=SIZE, num_classes=CLASSES)
    assert entry["parameters"] > 100_000
    best = sorted(ranking(undisturbed["spos"]), key=lambda line: -line["accuracy"])[:5]
    found = [choice.genotype for choice in choices(str(undisturbed["spos"]))]
    assert found == [parse_chain(line["genotype"]) for line in best]


@pytest.mark.parametrize(("name", "figures", "told"), [("proxyless", 4, "blocks out"), ("spos", 1, "shufflenet(4 ")])
def test_the_report_shows_what_was_found(name: str, figures: int, told: str, undisturbed: dict[str, Path]) -> None:
    page = write_supernet_report(undisturbed[name]).read_text()
    assert page.count("data:image/png") == figures
    assert told in page and "multiply-adds (M)" in page


def test_an_evolution_judges_no_network_twice_and_none_that_is_dear(undisturbed: dict[str, Path]) -> None:
    lines = ranking(undisturbed["spos"])
    assert len(lines) == len({line["genotype"] for line in lines}) == 18
    for line in lines:
        chain = parse_chain(line["genotype"])
        assert multiply_adds(chain, resolution=SIZE, num_classes=CLASSES) <= 4500
        correct = 7 * line["accuracy"]  # of all seven held-out images
        assert correct == pytest.approx(round(correct), abs=1e-5)


@pytest.mark.parametrize(("name", "config"), [("proxyless", PROXYLESS), ("spos", SPOS)])
def test_stopped_after_every_step_it_loses_nothing(
    name: str, config: SupernetConfig, undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    sparse = dataclasses.replace(config, save_epochs=100)
    for _ in range(config.proxy.epochs * STEPS):
        with pytest.raises(SupernetInterruptedError):
            searched(tmp_path, sparse, should_stop=lambda: True)
    searched(tmp_path, sparse)
    assert_same_search(tmp_path, undisturbed[name])


def test_an_evolution_that_is_stopped_goes_on(undisturbed: dict[str, Path], tmp_path: Path) -> None:
    questions = iter(range(1000))
    with pytest.raises(SupernetInterruptedError):  # after its first generation of 6
        searched(tmp_path, SPOS, should_stop=lambda: next(questions) == 2 * STEPS + 8)
    assert len(ranking(tmp_path)) == 8
    assert len(json.loads((tmp_path / "result.json").read_text())["best"]) == 5
    searched(tmp_path, SPOS)
    assert ranking(tmp_path) == ranking(undisturbed["spos"])
    assert_same_search(tmp_path, undisturbed["spos"])


def test_what_a_step_does_not_use_stays_to_the_bit(tmp_path: Path) -> None:
    """In the second step, when the first one's candidates have momentum."""
    states = []
    for _ in range(2):
        with pytest.raises(SupernetInterruptedError):
            searched(tmp_path, SPOS, should_stop=lambda: True)
        states.append(state_in(tmp_path, SPOS).weights)
    for part in ("params", "batch_stats", "optimizer"):
        before, after = (getattr(state, part) for state in states)
        for place in ("place0", "place1", "place2"):
            same = [
                all(map(np.array_equal, jax.tree.leaves(before[place][label]), jax.tree.leaves(after[place][label])))
                for label in before[place]
            ]
            assert sorted(same) == [False, True, True, True]
    assert any(np.any(leaf) for leaf in jax.tree.leaves(states[0].optimizer["place0"]))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "config"), [("proxyless", PROXYLESS), ("spos", SPOS)])
def test_several_devices_share_every_batch(
    name: str, config: SupernetConfig, undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    searched(tmp_path, dataclasses.replace(config, devices=2))
    for one, other in zip(history(tmp_path), history(undisturbed[name]), strict=True):
        assert one["measures"] == pytest.approx(other["measures"], rel=1e-3)


def latencies() -> dict[str, Any]:
    labels = [f"k{kernel}e{expansion}" for kernel in (3, 5, 7) for expansion in (3, 6)]
    return {"common": 2.0, "places": [{label: 1.0 for label in labels} for _ in range(2)]}


def changed(config: SupernetConfig, **search: Any) -> SupernetConfig:
    return dataclasses.replace(config, search=dataclasses.replace(config.search, **search))


def test_the_cost_may_be_a_latency_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "table.json").write_text(json.dumps(latencies()))
    config = changed(PROXYLESS, latency_table=str(tmp_path / "table.json"), reference_cost=3.0)
    searched(tmp_path / "run", config)
    for record in history(tmp_path / "run"):
        zero = np.array(record["places"])[:, 6]
        assert record["measures"]["expected_cost"] == pytest.approx(2 + np.sum(1 - zero), rel=1e-5)


@pytest.mark.slow
def test_other_modes_costs_and_samples_search_too(tmp_path: Path) -> None:
    short = dataclasses.replace(PROXYLESS, proxy=ChainProxy(0.125, SIZE, 1.0, epochs=3))
    for cost in ("none", "add#linear"):
        searched(tmp_path / cost, changed(short, mode="full", cost_loss=cost, cost_weight=50.0))
    tables = [np.array([record["places"] for record in history(tmp_path / cost)]) for cost in ("none", "add#linear")]
    assert np.array_equal(tables[0][:2], tables[1][:2]) and not np.allclose(tables[0][2], tables[1][2], atol=1e-3)
    costs = [history(tmp_path / cost)[-1]["measures"]["expected_cost"] for cost in ("none", "add#linear")]
    assert costs[1] < costs[0]
    # Bins that one network alone lies in: the dearest.
    space = SPOS.network.space(1.0)  # type: ignore[union-attr]
    common, added = space.multiply_adds(SIZE, CLASSES)
    most = common + sum(map(max, added))
    bins = changed(SPOS, sampling="bins", bins=1, lowest_cost=most - 1.0, highest_cost=most + 1.0)
    with pytest.raises(SupernetInterruptedError):
        searched(tmp_path / "bins", bins, should_stop=lambda: True)
    momentum = state_in(tmp_path / "bins", bins).weights.optimizer
    for number, costly in enumerate(added):
        dearest = space.labels[int(np.argmax(costly))]
        moved = {label for label, leaves in momentum[f"place{number}"].items() if np.any(leaves["main0"]["kernel"])}
        assert moved == {dearest}


def test_mistakes_are_told_before_a_folder_is_claimed(tmp_path: Path) -> None:
    table = latencies()
    del table["places"][1]["k5e3"]
    (tmp_path / "table.json").write_text(json.dumps(table))
    wrong = {
        "search.latency_table.places[1]": changed(PROXYLESS, latency_table=str(tmp_path / "table.json")),
        "search.max_multiply_adds": changed(SPOS, max_multiply_adds=100),
        "search.lowest_cost, search.highest_cost": changed(SPOS, sampling="bins"),
        "search.statistics_batches * search.evaluation_batch_size": changed(SPOS, statistics_batches=9),
        "training.batch_size": dataclasses.replace(SPOS, training=dataclasses.replace(SPOS.training, batch_size=16)),
    }
    for field, config in wrong.items():
        with pytest.raises(InputError) as caught:
            searched(tmp_path / "run", config)
        assert caught.value.field == field
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError) as caught:
        changed(PROXYLESS, warmup_epochs=4)
    assert caught.value.field == "search.warmup_epochs"
    with pytest.raises(InputError) as caught:
        narrow, stages = ChainProxy(0.25, SIZE, 1.0, 2), ShufflenetConfig((8, 12), (1, 1), stem=4, last=6)
        dataclasses.replace(SPOS, proxy=narrow, network=stages)  # both have 4 channels then
    assert caught.value.field == "proxy.width"
    with pytest.raises(InputError) as caught:  # 8 channels in and out, of 16 and 32
        dataclasses.replace(PROXYLESS, network=MbconvConfig((32,), (1,), (1,), stem_stride=1))
    assert caught.value.field == "proxy.width"
