"""Algorithms that train candidates further: real trainers go on from the checkpoint, also of a search that stopped."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from search_output import assert_same_search, committed, stop_every, without_figures
from tiny_search import CONFIG, Trained

from econas_jax.algorithms import AlgorithmConfig, ASHAConfig, HierarchicalEvolutionConfig, SuccessiveHalvingConfig
from econas_jax.search import SearchConfig, SearchInterruptedError, run_search

EPOCHS = 6  # of the longest training, as of the trainers that the tests share
SEARCHES: dict[str, AlgorithmConfig] = {
    "asha": ASHAConfig(rounds=4, batch=3, eta=2, rungs=2, maximum_epochs=EPOCHS),
    "successive_halving": SuccessiveHalvingConfig(candidates=4, eta=2, rungs=2, maximum_epochs=EPOCHS, repetitions=2),
    "hierarchical_evolution": HierarchicalEvolutionConfig(
        population=3, sample=2, candidates=7, batch=2, epochs=EPOCHS // 3, promotions_to_2e=1, promotions_to_3e=1
    ),
}
each_search = pytest.mark.parametrize("algorithm", SEARCHES)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


def config_of(algorithm: str) -> SearchConfig:
    return dataclasses.replace(CONFIG, algorithm=algorithm, search=SEARCHES[algorithm])


@each_search
def test_promotion_continues_from_the_checkpoint(algorithm: str, trained: Trained, tmp_path: Path) -> None:
    result = run_search(config_of(algorithm), tmp_path)
    reached: dict[int, int] = {}
    for stage in result.stages:
        assert stage.start_epoch == reached.get(stage.candidate, 0)
        reached[stage.candidate] = stage.epochs
    assert set(trained.schedules) == {EPOCHS}  # the learning rate is that of the longest training, in every rung
    continued = [job for job in trained.jobs if job.start_epoch > 0]
    assert continued and all(job.state is not None for job in continued)
    assert max(reached.values()) == EPOCHS
    living = committed(tmp_path, config_of(algorithm)).living
    assert all(reached[candidate] < EPOCHS for candidate in living)


@each_search
def test_stopped_again_and_again_it_ends_as_if_undisturbed(algorithm: str, trained: Trained, tmp_path: Path) -> None:
    config = config_of(algorithm)
    run_search(config, tmp_path / "undisturbed")
    stages = len(trained.jobs)
    trained.jobs.clear()
    stopped = 0
    for _ in range(20):
        try:
            # Fewer questions than 20 would stop before a stage of the longest batch is over, again and again.
            run_search(config, tmp_path / "stopped", should_stop=stop_every(20))
            break
        except SearchInterruptedError:
            stopped += 1
    assert stopped >= 1 and len(trained.jobs) == stages  # nothing finished was trained again
    assert_same_search(tmp_path / "stopped", tmp_path / "undisturbed", config)
