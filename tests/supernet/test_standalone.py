"""Networks of a study as the candidates that a supernet's ranks are compared with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_retrain import tiny_dataset
from tiny_study import CONFIG as STUDY
from tiny_supernet import CONFIG, committed, use_toys

from econas_jax.errors import InputError
from econas_jax.nn.network import Cost
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.space import DartsSpace
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.spaces.space import Space
from econas_jax.study import Row
from econas_jax.study.workdir import StudyWorkdir
from econas_jax.supernet import run_supernet
from econas_jax.supernet.config import NetworkConfig
from econas_jax.supernet.method_configs import OneShotConfig
from econas_jax.supernet.ranking import Ranked, rank_correlation, read_ranking
from econas_jax.supernet.standalone import standalone_candidates

NETWORKS, NODES = 9, 3
SPACE = DartsSpace(nodes=NODES)
RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
RELEASED = RESULTS / "epyc_zen4" / "study_small"
RELEASED_RESULTS = sorted(file.with_name("result.json") for file in RESULTS.glob("**/ranking.jsonl"))


def row(number: int, proxy: str, accuracy: float | None) -> Row:
    return Row(str(number), proxy, 3, accuracy, accuracy, 1.0, 1000, "diverged" if accuracy is None else "completed")


def study_folder(folder: Path, space: Space[Any] = SPACE, trained: int = NETWORKS) -> list[Genotype]:
    """The folder of a study, of which so many networks are trained in the original setting, the best ones first.

    The rows are in another order than the networks; the last network's training diverged.
    """
    folder.mkdir()
    rng = np.random.default_rng(3)
    genotypes = [space.sample(rng) for _ in range(NETWORKS)]
    config, files = dataclasses.replace(STUDY, space=space, networks=NETWORKS), StudyWorkdir(folder)
    files.claim(config, {})
    files.write_networks(genotypes, [Cost(1, 2)] * NETWORKS)
    numbers = range(trained - 1, -1, -1)
    accuracies = [None if number == NETWORKS - 1 else 0.9 - number / 10 for number in numbers]
    files.rows.append([row(*each) for each in zip(numbers, [config.original] * trained, accuracies, strict=True)])
    files.rows.append([row(number, "c4r4s0e2", 0.5) for number in range(NETWORKS)])
    return genotypes


def test_a_studys_networks_have_the_accuracies_of_its_original_setting(tmp_path: Path) -> None:
    genotypes = study_folder(tmp_path / "study")
    before = {file: file.read_bytes() for file in (tmp_path / "study").iterdir()}
    found = standalone_candidates(str(tmp_path / "study"), NODES)
    assert [candidate.genotype for candidate in found] == genotypes
    assert [candidate.standalone for candidate in found] == [*(0.9 - number / 10 for number in range(8)), 0.0]
    assert {file: file.read_bytes() for file in (tmp_path / "study").iterdir()} == before


def test_what_a_larger_study_left_in_the_table_is_not_looked_at(tmp_path: Path) -> None:
    study_folder(tmp_path / "study")
    StudyWorkdir(tmp_path / "study").rows.append([row(NETWORKS, STUDY.original, 0.99)])
    assert len(standalone_candidates(str(tmp_path / "study"), NODES)) == NETWORKS


def test_a_released_study_can_be_compared_with() -> None:
    found = standalone_candidates(str(RELEASED), 4)
    analysis = json.loads((RELEASED / "analysis.json").read_text())
    accuracies = [candidate.standalone or 0.0 for candidate in found]
    assert len(found) == 16 and np.mean(accuracies) == pytest.approx(analysis["original_accuracy"])


def ranked(workdir: Path, study: Path | None) -> None:
    """Runs a search that ranks two random cells and the study's, or goes on with it."""
    search = OneShotConfig(architecture_share=0.5, candidates=2, standalone=None if study is None else str(study))
    config = dataclasses.replace(CONFIG, network=NetworkConfig(cells=3, nodes=NODES), method="one_shot", search=search)
    run_supernet(config, workdir, dataset=tiny_dataset())


def test_a_finished_search_ranks_a_studys_networks_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)
    study_folder(tmp_path / "study")
    ranked(tmp_path / "run", None)
    before = (tmp_path / "run" / "ranking.jsonl").read_text()
    trained = committed(tmp_path / "run")[1].tobytes()
    ranked(tmp_path / "run", tmp_path / "study")
    after = (tmp_path / "run" / "ranking.jsonl").read_text()
    assert after.startswith(before) and len(after.splitlines()) == 2 + NETWORKS
    assert committed(tmp_path / "run")[1].tobytes() == trained
    table = tmp_path / "study" / "table.csv"
    table.write_text(table.read_text().replace("c2r4s0e3,3,0.9,0.9", "c2r4s0e3,3,0.8,0.8"))
    with pytest.raises(InputError, match=r"ranking.jsonl'?: expected the candidates of this search, or no such file"):
        ranked(tmp_path / "run", tmp_path / "study")
    (tmp_path / "run" / "ranking.jsonl").unlink()
    ranked(tmp_path / "run", tmp_path / "study")
    again = [json.loads(line) for line in (tmp_path / "run" / "ranking.jsonl").read_text().splitlines()]
    assert again[2]["standalone"] == 0.8 and again[2]["accuracy"] == json.loads(after.splitlines()[2])["accuracy"]


def test_both_ranks_of_a_studys_networks_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)
    genotypes = study_folder(tmp_path / "study")
    ranked(tmp_path / "run", tmp_path / "study")
    lines = [json.loads(line) for line in (tmp_path / "run" / "ranking.jsonl").read_text().splitlines()]
    assert [line["genotype"] for line in lines[2:]] == [str(genotype) for genotype in genotypes]
    written = json.loads((tmp_path / "run" / "result.json").read_text())
    rho = rank_correlation([Ranked(**line) for line in lines])
    assert rho is not None and rho.interval is not None
    assert (written["ranked"], written["standalone"]) == (2 + NETWORKS, NETWORKS)
    assert (written["spearman"], written["spearman_interval"]) == (rho.value, [rho.interval.low, rho.interval.high])


def test_the_interval_holds_the_coefficient_and_is_wider_for_fewer_networks() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.3, 0.6, 64)
    lines = [Ranked(0, "", x + noise, x) for x, noise in zip(truth, rng.normal(0, 0.1, 64), strict=True)]
    many, few = rank_correlation(lines), rank_correlation(lines[:16])
    assert many is not None and few is not None and many.interval is not None and few.interval is not None
    for each, interval in ((many, many.interval), (few, few.interval)):
        assert interval.low < each.value < interval.high
    assert few.interval.high - few.interval.low > 1.5 * (many.interval.high - many.interval.low)
    alone = rank_correlation(lines[:7])
    assert alone is not None and alone.interval is None


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: None, "cells of 4 nodes, as network.nodes says, not 3"),
        (lambda folder: (folder / "networks.csv").unlink(), "history.jsonl, or of a study, with its networks.csv"),
        (lambda folder: (folder / "table.csv").unlink(), "by c2r4s0e3; of 9 this one has 0"),
        (lambda folder: (folder / "config.json").unlink(), "config.json names its original setting"),
        (lambda folder: (folder / "networks.csv").write_text("network,name\n0,x\n"), "columns network and genotype"),
        (lambda folder: (folder / "networks.csv").write_text("network,genotype\n0,x\n0,y\n"), "each network once"),
        (lambda folder: (folder / "table.csv").write_text("network\n0\n"), "missing columns"),
    ],
)
def test_a_folder_that_is_no_such_study_is_told(spoil: Callable[[Path], None], told: str, tmp_path: Path) -> None:
    study_folder(tmp_path / "study")
    spoil(tmp_path / "study")
    with pytest.raises(InputError, match=told) as caught:
        standalone_candidates(str(tmp_path / "study"), NODES + 1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("space", "trained", "told"),
    [
        (SPACE, 4, "trained all its networks by c2r4s0e3; of 9 this one has 4"),
        (NasBench201Space(), NETWORKS, "a search or a study of the darts space"),
    ],
)
def test_a_study_that_does_not_fit_is_told(space: Space[Any], trained: int, told: str, tmp_path: Path) -> None:
    study_folder(tmp_path / "study", space, trained)
    with pytest.raises(InputError, match=f"^search.standalone = .*{told}"):
        standalone_candidates(str(tmp_path / "study"), NODES)


@pytest.mark.parametrize("result", RELEASED_RESULTS, ids=lambda file: "_".join(file.parts[-3:-1]))
def test_released_coefficients_are_those_of_the_released_rankings(result: Path) -> None:
    written = json.loads(result.read_text())
    rho = rank_correlation(read_ranking(result.parent / "ranking.jsonl"))
    assert rho is not None and rho.interval is not None
    assert written["spearman"] == pytest.approx(rho.value)
    assert written["spearman_interval"] == pytest.approx([rho.interval.low, rho.interval.high])
    summary = json.loads((result.parents[1] / "summary.json").read_text())["analysis"][result.parent.name]
    assert summary["spearman"]["value"] == pytest.approx(rho.value)
