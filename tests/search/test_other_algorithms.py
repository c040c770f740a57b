"""Searches by the other algorithms: their records, their status, and that an interruption changes nothing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from search_output import FILES, assert_same_search, committed, lines, stop_every, without_figures
from tiny_search import CONFIG, EPOCHS, Trained

from econas_jax.algorithms import RandomSearchConfig, RegularizedEvolutionConfig
from econas_jax.search import SearchConfig, SearchInterruptedError, run_search
from econas_jax.status import read_status

RANDOM = RandomSearchConfig(candidates=9, batch=3, epochs=EPOCHS)
EVOLUTION = RegularizedEvolutionConfig(population=5, sample=2, candidates=11, batch=3, epochs=EPOCHS)
SEARCHES = {
    "random": dataclasses.replace(CONFIG, algorithm="random", search=RANDOM),
    "regularized_evolution": dataclasses.replace(CONFIG, algorithm="regularized_evolution", search=EVOLUTION),
}
ROUND_SIZES = {"random": [3, 3, 3], "regularized_evolution": [5, 3, 3]}
each_search = pytest.mark.parametrize("config", SEARCHES.values(), ids=SEARCHES.keys())


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


@each_search
def test_a_search_leaves_consistent_records(config: SearchConfig, trained: Trained, tmp_path: Path) -> None:
    result = run_search(config, tmp_path)
    sizes = ROUND_SIZES[config.algorithm]
    rounds = [stage.round for stage in result.stages]
    assert rounds == sorted(rounds) and [rounds.count(number) for number in range(3)] == sizes
    assert {(stage.start_epoch, stage.epochs, stage.status) for stage in result.stages} == {(0, EPOCHS, "completed")}
    assert sorted(stage.candidate for stage in result.stages) == list(range(sum(sizes)))
    assert len(trained.jobs) == sum(sizes)
    assert [summary.round for summary in result.rounds] == [0, 1, 2]
    accuracies = [stage.validation_accuracy or 0.0 for stage in result.stages]
    assert result.rounds[-1].best_accuracy == max(accuracies)
    written = json.loads((tmp_path / "result.json").read_text())
    assert (written["rounds"], written["stages"], written["finished"]) == (2, sum(sizes), True)
    assert committed(tmp_path, config).living == {}  # no candidate is trained further
    assert result.best[0].accuracy == max(accuracies)  # of all there ever were
    status = read_status(tmp_path)
    assert status.finished and (status.plan.stages, status.plan.rounds) == (sum(sizes), 2)
    assert status.seconds_left == 0.0


@each_search
def test_stopped_again_and_again_it_ends_as_if_undisturbed(
    config: SearchConfig, trained: Trained, tmp_path: Path
) -> None:
    run_search(config, tmp_path / "undisturbed")
    trained.jobs.clear()
    interruptions = 0
    while True:
        try:
            run_search(config, tmp_path / "stopped", should_stop=stop_every(12))
        except SearchInterruptedError:
            interruptions += 1
            assert not read_status(tmp_path / "stopped").finished
        else:
            break
    assert interruptions >= 2 and len(trained.jobs) == config.search.stages
    assert_same_search(tmp_path / "stopped", tmp_path / "undisturbed", config)


@each_search
def test_a_longer_search_goes_on_from_a_finished_one(config: SearchConfig, trained: Trained, tmp_path: Path) -> None:
    candidates = config.search.stages + 3
    longer = dataclasses.replace(
        config,
        search=dataclasses.replace(RANDOM if config.algorithm == "random" else EVOLUTION, candidates=candidates),
    )
    run_search(config, tmp_path / "first")
    run_search(longer, tmp_path / "first")
    assert len(trained.jobs) == candidates
    run_search(longer, tmp_path / "at_once")
    for name in FILES:
        assert lines(tmp_path / "first" / name) == lines(tmp_path / "at_once" / name)
    assert read_status(tmp_path / "first").finished
