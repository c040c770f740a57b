"""Searches with a lag: what is in flight depends on the lag alone, and stops, crashes and devices change nothing."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from pathlib import Path

import pytest
from made_up_trainer import MadeUpTrainer, use
from search_output import assert_same_search, committed, lines, stop_every, without_figures
from small_configs import LAG_CONFIGS
from tiny_search import CONFIG, LONGER, Trained

from econas_jax.algorithms import EcoNASConfig
from econas_jax.algorithms.algorithm import oldest_batch
from econas_jax.search import SearchConfig, SearchInterruptedError, run_search
from econas_jax.search.history import BestAccuracy, read_rounds, read_stages
from econas_jax.search.state import SearchState
from econas_jax.training import Job

SEARCHES = {
    name: dataclasses.replace(CONFIG, algorithm=name, search=dataclasses.replace(config, lag=2), save_seconds=1e9)
    for name, (config, _) in LAG_CONFIGS.items()
}
each_search = pytest.mark.parametrize("config", SEARCHES.values(), ids=SEARCHES.keys())


def search(config: SearchConfig, folder: Path, stop_after: int = 9999) -> list[SearchState]:
    """Runs a search to its end, stopping at each so-manieth event; returns what each stop left committed."""
    left = []
    while True:
        try:
            run_search(config, folder, should_stop=stop_every(stop_after))
        except SearchInterruptedError:
            left.append(committed(folder, config))
        else:
            return left


@each_search
def test_neither_the_order_of_outcomes_nor_stops_change_anything(
    config: SearchConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, None)
    search(config, tmp_path / "in_order")
    whole = read_stages(tmp_path / "in_order" / "history.jsonl")
    for number, stop_after in enumerate((9999, 17)):
        folder = tmp_path / str(number)
        trainer = use(monkeypatch, random.Random(number))
        stops = search(config, folder, stop_after)
        assert sorted(trainer.told) == sorted((stage.candidate, stage.epochs) for stage in whole)  # each once
        assert trainer.told != [(stage.candidate, stage.epochs) for stage in whole]
        for state in stops:
            told = [stage.round for stage in state.stages]
            assert told == sorted(told) and list(state.stages) == whole[: len(told)]
        assert not stops or any(
            {result.candidate for result in state.answered} - {t.candidate for t in oldest_batch(state.algorithm)}
            for state in stops
        )  # of a younger batch, while the oldest is not over
        assert_same_search(folder, tmp_path / "in_order", config)


@each_search
def test_a_round_tells_of_no_stage_of_a_later_one(
    config: SearchConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, random.Random(0))
    search(config, tmp_path)
    stages = read_stages(tmp_path / "history.jsonl")
    rounds = read_rounds(tmp_path / "rounds.jsonl")
    assert [summary.round for summary in rounds] == list(range(config.search.rounds + 1))
    for summary in rounds:
        best = BestAccuracy(stage for stage in stages if stage.round <= summary.round)
        assert summary.best_accuracy == best.value
    (result,) = lines(tmp_path / "result.json")
    assert result["candidates"] == len({stage.candidate for stage in stages})


@each_search
def test_a_search_made_longer_is_as_if_it_had_been_so_from_the_start(
    config: SearchConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = dataclasses.replace(config, search=dataclasses.replace(LAG_CONFIGS[config.algorithm][1], lag=2))
    use(monkeypatch, random.Random(1))
    search(config, tmp_path / "made_longer")
    search(longer, tmp_path / "made_longer")
    search(longer, tmp_path / "straight")
    assert_same_search(tmp_path / "made_longer", tmp_path / "straight", longer)


def test_no_lag_trains_what_a_lag_of_two_trains_in_random_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = SEARCHES["random"]
    for lag in (0, 2):
        use(monkeypatch, random.Random(lag))
        search(dataclasses.replace(config, search=dataclasses.replace(config.search, lag=lag)), tmp_path / str(lag))
    assert lines(tmp_path / "0" / "history.jsonl") == lines(tmp_path / "2" / "history.jsonl")


def test_as_many_rounds_are_in_flight_as_the_lag_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job that is begun is of one of the lag + 1 oldest rounds that are not over."""
    trainer = use(monkeypatch, random.Random(3))
    waiting: list[int] = []
    outcome = MadeUpTrainer._outcome

    def noting(self: MadeUpTrainer, job: Job) -> object:
        waiting.append(len(self.jobs))
        return outcome(self, job)

    monkeypatch.setattr(MadeUpTrainer, "_outcome", noting)
    config = SEARCHES["econas"]
    search(config, tmp_path)
    assert isinstance(config.search, EcoNASConfig)
    stages = read_stages(tmp_path / "history.jsonl")
    of_round = Counter(stage.round for stage in stages)
    assert len(trainer.told) == len(stages) == config.search.stages
    assert max(waiting) > max(of_round.values())


# By real training: states that go on, in waves that mix rungs.

REAL = dataclasses.replace(LONGER, search=dataclasses.replace(LONGER.search, lag=1))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_figures(monkeypatch)
        run_search(REAL, folder)
    return folder


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


@pytest.mark.parametrize("devices", [1, 3])
def test_the_number_of_devices_changes_nothing(
    devices: int, undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    run_search(dataclasses.replace(REAL, devices=devices), tmp_path)
    assert_same_search(tmp_path, undisturbed, REAL)
    assert {job.start_epoch for job in trained.jobs} == {0, 2, 4}


def test_stopped_again_and_again_it_ends_as_if_undisturbed(undisturbed: Path, trained: Trained, tmp_path: Path) -> None:
    stops = search(dataclasses.replace(REAL, save_seconds=1e9), tmp_path, 12)
    assert len(stops) >= 2
    assert len(trained.jobs) == len(read_stages(undisturbed / "history.jsonl"))  # nothing finished was trained again
    assert_same_search(tmp_path, undisturbed, REAL)


class CrashError(Exception):
    pass


def test_after_a_crash_it_goes_on_from_the_last_commit(undisturbed: Path, trained: Trained, tmp_path: Path) -> None:
    def crash() -> None:
        if len(trained.jobs) == 20:
            raise CrashError

    trained.after_stage = crash
    with pytest.raises(CrashError):
        run_search(dataclasses.replace(REAL, save_seconds=0.0), tmp_path)  # a commit after every stage
    trained.after_stage = lambda: None
    run_search(REAL, tmp_path)
    assert_same_search(tmp_path, undisturbed, REAL)
