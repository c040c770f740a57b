"""The training states of the best: in every commit they are those of the ranking, and nothing else depends on them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from search_output import assert_same_search, committed, econas, lines, stop_every, without_figures
from tiny_search import CONFIG, EPOCHS, LONGER, Trained

from econas_jax.algorithms import ALGORITHMS, RandomSearchConfig, RegularizedEvolutionConfig
from econas_jax.algorithms.algorithm import Algorithm
from econas_jax.search import SearchConfig, SearchInterruptedError, run_search
from econas_jax.search.history import StageRecord
from econas_jax.search.in_flight import InFlight
from econas_jax.search.state import KeptKey, SearchState, to_commit

RANDOM = RandomSearchConfig(candidates=16, batch=8, epochs=EPOCHS)
EVOLUTION = RegularizedEvolutionConfig(population=8, sample=2, candidates=16, batch=4, epochs=EPOCHS)
SEARCHES = {
    "econas": dataclasses.replace(
        LONGER, search=dataclasses.replace(econas(LONGER), cycles=3), keep_best=3, save_seconds=0.0
    ),
    "random": dataclasses.replace(CONFIG, algorithm="random", search=RANDOM, keep_best=3, save_seconds=0.0),
    "evolution": dataclasses.replace(
        CONFIG, algorithm="regularized_evolution", search=EVOLUTION, keep_best=3, save_seconds=0.0
    ),
}
each_search = pytest.mark.parametrize("config", SEARCHES.values(), ids=SEARCHES.keys())


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> dict[KeptKey, Any]:
    """What every stage ended with, in bytes."""
    found: dict[KeptKey, Any] = {}
    add = InFlight.add

    def noting(batch: InFlight, state: SearchState, record: StageRecord, vector: Any) -> SearchState:
        found[record.candidate, record.epochs] = None if vector is None else np.asarray(vector).tobytes()
        return add(batch, state, record, vector)

    monkeypatch.setattr(InFlight, "add", noting)
    return found


def algorithm_of(config: SearchConfig) -> Algorithm[Any]:
    return ALGORITHMS[config.algorithm](config.space, config.search, config.seed)


def ranking(config: SearchConfig, state: SearchState) -> list[KeptKey]:
    best = algorithm_of(config).best(state.algorithm, config.keep_best)
    return [(member.candidate, member.epochs) for member in best]


def keys(folder: Path, config: SearchConfig) -> list[KeptKey]:
    return list(committed(folder, config).kept)


@each_search
def test_every_commit_keeps_the_final_states_of_its_best(
    config: SearchConfig,
    trained: Trained,
    ends: dict[KeptKey, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commits: list[SearchState] = []

    def noting(state: SearchState, algorithm: Algorithm[Any]) -> Any:
        commits.append(state)
        return to_commit(state, algorithm)

    monkeypatch.setattr("econas_jax.search.loop.to_commit", noting)
    run_search(config, tmp_path)
    within = 0
    for state in commits:
        best = ranking(config, state)
        if state.answered:  # of a phase that is not over: those that may be among the best after it are there, too
            within += 1
            assert set(best) <= set(state.kept) and len(state.kept) <= 2 * config.keep_best
        else:
            assert list(state.kept) == best
        for key, vector in state.kept.items():
            assert np.asarray(vector).tobytes() == ends[key]
            assert np.asarray(vector).base is None  # a row would keep the states of a whole wave in memory
    assert within >= 8 and len(ranking(config, commits[-1])) == 3
    final = committed(tmp_path, config)
    assert any(key[0] not in final.living for key in final.kept)  # those that nothing else would have kept


def test_nothing_else_depends_on_what_is_kept(trained: Trained, tmp_path: Path) -> None:
    for keep_best in (0, 5):
        run_search(dataclasses.replace(LONGER, keep_best=keep_best), tmp_path / str(keep_best))
    for name in ("history.jsonl", "rounds.jsonl", "result.json"):
        assert lines(tmp_path / "0" / name) == lines(tmp_path / "5" / name)
    assert keys(tmp_path / "0", LONGER) == []
    best = lines(tmp_path / "5" / "result.json")[0]["best"]
    assert keys(tmp_path / "5", LONGER) == [(member["candidate"], member["epochs"]) for member in best]


@pytest.mark.parametrize("name", ["random", "evolution"])  # test_search_resume.py has EcoNAS's
def test_stopped_again_and_again_it_keeps_the_same(name: str, trained: Trained, tmp_path: Path) -> None:
    config = SEARCHES[name]
    run_search(config, tmp_path / "undisturbed")
    interruptions = 0
    while True:
        try:
            run_search(config, tmp_path / "stopped", should_stop=stop_every(17))
            break
        except SearchInterruptedError:
            interruptions += 1
            stopped = committed(tmp_path / "stopped", config)
            best = lines(tmp_path / "stopped" / "result.json")[0]["best"][: config.keep_best]
            told = [(member["candidate"], member["epochs"]) for member in best]
            assert told == ranking(config, stopped) and set(told) <= set(stopped.kept)
    assert interruptions >= 2
    assert_same_search(tmp_path / "stopped", tmp_path / "undisturbed", config)


def test_a_larger_number_keeps_what_is_still_there(trained: Trained, tmp_path: Path) -> None:
    none, many = (dataclasses.replace(LONGER, keep_best=count) for count in (0, 5))
    for config in (none, many):
        with pytest.raises(SearchInterruptedError):
            run_search(config, tmp_path, should_stop=stop_every(60))
    state = committed(tmp_path, many)
    best = ranking(many, state)
    assert {(3, 6), (1, 6)} <= set(best)  # finished while none were kept
    assert 0 < len(set(state.kept) & set(best)) < len(best)


def test_a_smaller_number_drops_states_when_the_search_goes_on(trained: Trained, tmp_path: Path) -> None:
    few, many = (dataclasses.replace(LONGER, keep_best=count) for count in (2, 5))
    with pytest.raises(SearchInterruptedError):
        run_search(many, tmp_path, should_stop=stop_every(60))
    run_search(few, tmp_path)
    state = committed(tmp_path, few)
    assert list(state.kept) == ranking(few, state) and len(state.kept) == 2
    files = [path for path in (tmp_path / "checkpoints").rglob("*") if path.is_file()]
    before = [path.read_bytes() for path in files]
    run_search(many, tmp_path)  # a finished search commits nothing more: what is kept stays as it is
    assert [path.read_bytes() for path in files] == before
