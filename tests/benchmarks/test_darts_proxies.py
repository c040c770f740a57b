"""The comparison of DARTS's proxies: equal terms, nothing done twice, and a summary by hand."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.searches import darts_proxies
from benchmarks.searches.darts_proxies import (
    EQUAL,
    Scale,
    equal_channels,
    random_cell,
    retrain_config,
    retrained_multiply_adds,
    search_config,
    summary,
    supernet_multiply_adds,
)
from econas_jax.spaces.darts import Genotype
from econas_jax.spaces.darts.genotype import CellGenotype, Edge
from econas_jax.spaces.proxy import Proxy

SKIPS = CellGenotype(tuple(Edge("skip_connect", 0) for _ in range(8)), (2, 3, 4, 5))


def test_the_supernets_cost_what_was_counted_layer_by_layer() -> None:
    millions = [supernet_multiply_adds(*proxy, cells=8) / 1e6 for proxy in ((16, 32), (9, 16))]
    assert millions == pytest.approx([300.26, 29.95], abs=0.005)


@pytest.mark.parametrize("genotype", [*map(random_cell, range(3)), Genotype(SKIPS, SKIPS)])
def test_all_cells_are_retrained_at_nearly_equal_cost(genotype: Genotype) -> None:
    assert retrained_multiply_adds(genotype, equal_channels(genotype)) == pytest.approx(EQUAL, rel=0.1)


def test_searches_differ_in_their_proxy_alone_and_retrainings_in_the_cell() -> None:
    one, other = (search_config(name, 1, Scale()) for name in ("c2r0", "c4r2"))
    assert one.proxy == Proxy(16, 32, 0.032, 4) and other.proxy == Proxy(9, 16, 0.032, 4)
    assert dataclasses.replace(one, proxy=other.proxy) == other
    cells = [retrain_config(random_cell(seed), 2, Scale()) for seed in (0, 1)]
    assert dataclasses.replace(cells[0], genotype=cells[1].genotype, network=cells[1].network) == cells[1]
    assert cells[0].network.cells_per_stage == cells[1].network.cells_per_stage == 1


class KilledError(Exception):
    """Stands for the end of a process."""


def outcome(contender: str, seed: int) -> dict[str, Any]:
    return {"contender": contender, "seed": seed, "test_accuracy": {"c2r0": 0.5, "c4r2": 0.6, "random": 0.4}[contender]}


def test_what_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, str, int]] = []
    cells = {name: str(random_cell(10 + number)) for number, name in enumerate(("c2r0", "c4r2"))}

    def searched(proxy: str, seed: int, scale: Scale, dataset: Any, workdir: Path) -> dict[str, Any]:
        calls.append(("search", proxy, seed))
        return {"contender": proxy, "seed": seed, "genotype": cells[proxy], "epoch_seconds": [1.0]}

    def retrained(contender: str, genotype: Genotype, seed: int, *others: Any) -> dict[str, Any]:
        if len(calls) == 4:
            calls.append(("killed", contender, seed))
            raise KilledError
        calls.append(("retrain", contender, seed))
        assert str(genotype) == cells.get(contender, str(random_cell(seed)))
        return outcome(contender, seed)

    monkeypatch.setattr(darts_proxies, "searched", searched)
    monkeypatch.setattr(darts_proxies, "retrained", retrained)
    monkeypatch.setattr(darts_proxies, "load_dataset", lambda *arguments, **options: None)
    file = tmp_path / "out.json"
    command = ["darts_proxies", "--data", "nowhere", "--workdir", str(tmp_path), "--json", str(file), "--seeds", "2"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(KilledError):
        darts_proxies.main()
    darts_proxies.main()
    done = [call for call in calls if call[0] != "killed"]
    kinds = [("search", "c2r0"), ("search", "c4r2"), ("retrain", "c2r0"), ("retrain", "c4r2"), ("retrain", "random")]
    assert done == [(*kind, seed) for seed in range(2) for kind in kinds] and len(calls) == len(done) + 1
    assert json.loads(file.read_text())["summary"]["seeds"] == [0, 1]
    monkeypatch.setattr(sys, "argv", [*command, "--retrain-epochs", "9"])
    with pytest.raises(SystemExit, match="made at another scale"):
        darts_proxies.main()


def test_the_summary_pairs_contenders_by_seed() -> None:
    # Of c4r2 and c2r0, seed by seed: 0.02 and 0.04, the mean +- 12.706 * 0.01.
    accuracies = {"c2r0": (0.5, 0.6, 0.9), "c4r2": (0.52, 0.64), "random": (0.5, 0.5)}
    rows = [
        {"contender": name, "seed": seed, "test_accuracy": accuracy}
        for name, each in accuracies.items()
        for seed, accuracy in enumerate(each)
    ]
    searches = [{"contender": name, "epoch_seconds": [2.0, 4.0]} for name in ("c2r0", "c4r2")]
    found = summary({"searches": searches, "retrainings": rows})
    assert found["seeds"] == [0, 1]
    difference = found["differences"]["c4r2 - c2r0"]
    assert [difference[name] for name in ("mean", "low", "high")] == pytest.approx([0.03, -0.09706, 0.15706], abs=1e-5)
    assert found["differences"]["c2r0 - random"]["mean"] == pytest.approx(0.05)
    assert found["test_accuracy"]["c4r2"]["mean"] == pytest.approx(0.58) and found["epoch_seconds"]["c2r0"]["mean"] == 3
    assert summary({"searches": searches, "retrainings": []})["differences"]["c4r2 - c2r0"] is None
