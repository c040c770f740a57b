"""Candidates ranked by a supernet's weights: stopped, gone on with, and compared with training alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from sample_records import STAGE
from tiny_retrain import tiny_dataset
from tiny_supernet import CONFIG, committed, history, use_toys

from econas_jax.errors import InputError
from econas_jax.retrain.choices import choices
from econas_jax.search.history import to_json_line
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.space import DartsSpace
from econas_jax.supernet import SupernetConfig, SupernetInterruptedError, run_supernet
from econas_jax.supernet.config import NetworkConfig
from econas_jax.supernet.derive import counted_genotype, edge_counts
from econas_jax.supernet.method_configs import EnasConfig, OneShotConfig
from econas_jax.supernet.methods.one_shot import uniform_edges
from econas_jax.supernet.progress import Reporter
from econas_jax.supernet.ranking import Ranked, Ranking, rank_correlation

UNIFORM = OneShotConfig(architecture_share=0.5, candidates=6)
ONE_SHOT = dataclasses.replace(CONFIG, method="one_shot", search=UNIFORM)
ENAS = dataclasses.replace(
    CONFIG,
    network=NetworkConfig(cells=3, nodes=1),
    method="enas",
    search=EnasConfig(architecture_share=0.5, controller_steps=2, samples=2, reward_images=4, candidates=3),
)
SPACE = DartsSpace(nodes=2, concat="all")


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)


def searched(folder: Path, config: SupernetConfig, **arguments: Any) -> Any:
    return run_supernet(config, folder, dataset=tiny_dataset(), **arguments)


def ranking(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ranking.jsonl").read_text().splitlines()]


def test_a_ranking_tells_how_far_it_is_but_not_of_what_it_reads_again(tmp_path: Path) -> None:
    told: list[tuple[int, float]] = []

    def judged(count: int) -> None:
        ranking = Ranking(
            tmp_path / "ranking.jsonl",
            str,
            lambda genotype, number: genotype / 10,
            lambda: None,
            lambda *where: told.append(where),
        )
        for genotype in (3, 5, 4)[:count]:
            ranking.judge(genotype)

    judged(2)
    judged(3)
    assert told == [(1, 0.3), (2, 0.5), (3, 0.5)]


def test_of_a_long_ranking_some_lines_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    for count in range(1, 301):
        reporter.ranked(count, 0.5)
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split()[1].rstrip(":")) for line in lines] == [1, 10, 20, 50, 100, 200, 300]


def test_counts_of_edges_are_a_genotype_and_back() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        genotype = SPACE.sample(rng)
        again = counted_genotype(edge_counts(genotype))
        for one, other in ((genotype.normal, again.normal), (genotype.reduce, again.reduce)):
            pairs = [sorted(one.edges[place : place + 2]) for place in (0, 2)]
            assert pairs == [sorted(other.edges[place : place + 2]) for place in (0, 2)]


def test_one_shot_draws_each_edge_uniformly() -> None:
    tables = jax.jit(jax.vmap(lambda key: uniform_edges(key, 2)))(jax.random.split(jax.random.key(0), 3000))
    for table in tables:
        mean = np.asarray(table).mean(axis=0)
        assert np.all(mean[:, 0] == 0)
        np.testing.assert_allclose(mean[:2, 1:], 2 / (2 * 7), atol=0.025)
        np.testing.assert_allclose(mean[2:, 1:], 2 / (3 * 7), atol=0.025)


def test_one_shot_ends_with_the_best_of_its_candidates(tmp_path: Path) -> None:
    result = searched(tmp_path, ONE_SHOT)
    lines = ranking(tmp_path)
    assert [line["candidate"] for line in lines] == list(range(6))
    best = sorted(lines, key=lambda line: -line["accuracy"])[:5]
    assert [str(found.genotype) for found in result.best] == [line["genotype"] for line in best]
    assert [str(choice.genotype) for choice in choices(str(tmp_path))] == [line["genotype"] for line in best]
    assert all(record["genotype"] is None and record["skips"] is None for record in history(tmp_path))
    assert len({line["genotype"] for line in lines}) == 6
    # By the committed weights, whole batches of the held-out images give fractions of 8.
    assert all((8 * line["accuracy"]) % 1 == 0 for line in lines)


def test_a_ranking_that_is_stopped_goes_on(tmp_path: Path) -> None:
    searched(tmp_path / "whole", ONE_SHOT)
    steps = 3 * 2 + 2  # the questions of the steps, and then a few candidates
    questions = iter(range(1000))
    with pytest.raises(SupernetInterruptedError):
        searched(tmp_path / "stopped", ONE_SHOT, should_stop=lambda: next(questions) == steps)
    assert len(ranking(tmp_path / "stopped")) == 2
    written = json.loads((tmp_path / "stopped" / "result.json").read_text())
    assert (written["ranked"], written["finished"], len(written["best"])) == (2, False, 2)
    with (tmp_path / "stopped" / "ranking.jsonl").open("a") as file:
        file.write('{"candidate": 2, "geno')  # torn by a crash
    searched(tmp_path / "stopped", ONE_SHOT)
    assert ranking(tmp_path / "stopped") == ranking(tmp_path / "whole")
    assert committed(tmp_path / "stopped")[1].tobytes() == committed(tmp_path / "whole")[1].tobytes()


def search_folder(folder: Path, count: int, nodes: int = 2) -> list[Genotype]:
    """The history of a search of so many candidates, each trained for 2 epochs, then one for 1."""
    folder.mkdir()
    rng, space = np.random.default_rng(3), DartsSpace(nodes=nodes)
    genotypes = [space.sample(rng) for _ in range(count)]
    stages = [
        dataclasses.replace(STAGE, candidate=number, genotype=str(each), epochs=2, validation_accuracy=number / 9)
        for number, each in enumerate(genotypes)
    ]
    stages[-1] = dataclasses.replace(stages[-1], epochs=1)
    (folder / "history.jsonl").write_text("".join(to_json_line(stage) + "\n" for stage in stages))
    return genotypes


def test_candidates_of_a_search_are_ranked_beside_their_own_accuracies(tmp_path: Path) -> None:
    genotypes = search_folder(tmp_path / "search", 5)
    search = dataclasses.replace(UNIFORM, standalone=str(tmp_path / "search"))
    searched(tmp_path / "run", dataclasses.replace(ONE_SHOT, search=search))
    others = ranking(tmp_path / "run")[6:]
    assert [line["genotype"] for line in others] == [str(genotype) for genotype in genotypes[:-1]]
    assert [line["standalone"] for line in others] == [number / 9 for number in range(4)]
    written = json.loads((tmp_path / "run" / "result.json").read_text())
    assert written["standalone"] == 4 and written["ranked"] == 10
    assert written["spearman"] is None or -1 <= written["spearman"] <= 1


@pytest.mark.parametrize(
    ("nodes", "told"), [(None, "the folder of a search, with its history.jsonl"), (3, "cells of 2 nodes")]
)
def test_a_folder_without_such_candidates_is_told(nodes: int | None, told: str, tmp_path: Path) -> None:
    if nodes is not None:
        search_folder(tmp_path / "search", 3, nodes)
    search = dataclasses.replace(UNIFORM, standalone=str(tmp_path / "search"))
    with pytest.raises(InputError, match=told):
        searched(tmp_path / "run", dataclasses.replace(ONE_SHOT, search=search))
    assert not (tmp_path / "run").exists()


def test_the_coefficient_is_that_of_ranks() -> None:
    lines = [Ranked(0, "", accuracy, standalone) for accuracy, standalone in ((0.1, 0.5), (0.2, 0.4), (0.3, 0.9))]
    rho = rank_correlation([*lines, Ranked(3, "", 0.9, None)])
    assert rho is not None and rho.value == pytest.approx(0.5) and rho.interval is None
    assert rank_correlation(lines[:2]) is None


@pytest.mark.slow
def test_enas_trains_its_controller_after_the_weights_of_every_epoch(tmp_path: Path) -> None:
    result = searched(tmp_path / "whole", ENAS)
    records = history(tmp_path / "whole")
    assert set(records[0]["measures"]) == {
        *("train_loss", "train_accuracy", "architecture_accuracy", "entropy", "baseline")
    }
    assert records[0]["measures"]["baseline"] < records[1]["measures"]["baseline"] < 0.2
    assert len(result.best) == 3 and {str(found.genotype) for found in result.best} == {
        line["genotype"] for line in ranking(tmp_path / "whole")
    }
    for record in records:
        np.testing.assert_allclose(np.sum(record["normal"]), 2, atol=1e-3)  # two edges of the one node
        assert Genotype.parse(record["genotype"]).normal.nodes == 1
    # In the controller's phase of the second epoch.
    questions = iter(range(1000))
    with pytest.raises(SupernetInterruptedError):
        searched(tmp_path / "stopped", ENAS, should_stop=lambda: next(questions) == 4 + 2)
    assert committed(tmp_path / "stopped")[0]["step"] == 3
    searched(tmp_path / "stopped", ENAS)
    assert history(tmp_path / "stopped") == records
    assert ranking(tmp_path / "stopped") == ranking(tmp_path / "whole")
