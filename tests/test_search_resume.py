"""Searches that are stopped or crash end as if nothing had happened, bit for bit; finished ones do nothing more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from search_output import assert_same_search, commits, committed, lines
from tiny_network import TinyNetwork
from tiny_search import LONGER, Trained, share_trainers

from econas_jax.history import read_stages
from econas_jax.search import SearchInterruptedError, run_search

STAGES = 6 + 5 * (5 + 3 + 2)
PHASES, WAVES = 1 + 5 * 3, 2 + 5 * (2 + 1 + 1)  # of up to four


def without_figures(monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Searches train TinyNetwork, and draw no figures: those take longer than all the rest."""
    monkeypatch.setattr("econas_jax.search.workdir.write_search_figures", lambda *arguments: [])
    return share_trainers(monkeypatch, TinyNetwork)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return without_figures(monkeypatch)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search from beginning to end."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_figures(monkeypatch)
        run_search(LONGER, folder)
    return folder


def stop_every(epochs: int) -> Callable[[], bool]:
    """Asks to stop at each `epochs`-th epoch."""
    count = iter(range(1, 10_000))
    return lambda: next(count) % epochs == 0


def test_a_search_is_the_same_again(undisturbed: Path, trained: Trained, tmp_path: Path) -> None:
    run_search(LONGER, tmp_path / "again")
    assert_same_search(tmp_path / "again", undisturbed, trained.vector_size)
    run_search(dataclasses.replace(LONGER, seed=1), tmp_path / "other")
    assert lines(tmp_path / "other" / "history.jsonl") != lines(undisturbed / "history.jsonl")


@pytest.mark.parametrize("devices", [1, 3])
def test_the_number_of_devices_changes_nothing(
    devices: int, undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    run_search(dataclasses.replace(LONGER, devices=devices), tmp_path)
    assert_same_search(tmp_path, undisturbed, trained.vector_size)


@pytest.mark.parametrize(("epochs", "save_seconds"), [(3, 1e9), (8, 0.0), (17, 0.0)])
def test_stopped_again_and_again_it_ends_as_if_undisturbed(
    epochs: int, save_seconds: float, undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    config = dataclasses.replace(LONGER, save_seconds=save_seconds)
    interruptions = 0
    for _ in range(STAGES):
        try:
            run_search(config, tmp_path, should_stop=stop_every(epochs))
        except SearchInterruptedError:
            interruptions += 1
            stages = read_stages(tmp_path / "history.jsonl")
            assert len(stages) == len(trained.jobs)  # all that was finished is committed
        else:
            break
    assert interruptions >= 2
    assert len(trained.jobs) == STAGES  # nothing finished was trained again
    assert_same_search(tmp_path, undisturbed, trained.vector_size)


def test_stopped_in_the_first_epoch_it_begins_anew(undisturbed: Path, trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=lambda: True)
    assert trained.jobs == [] and read_stages(tmp_path / "history.jsonl") == []
    run_search(LONGER, tmp_path)
    assert_same_search(tmp_path, undisturbed, trained.vector_size)


class CrashError(Exception):
    pass


@pytest.mark.parametrize(("save_seconds", "trained_again"), [(0.0, False), (1e9, True)])
def test_after_a_crash_it_goes_on_from_the_last_commit(
    save_seconds: float, trained_again: bool, undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    """In the second wave of a phase: the first one is committed if there was time to."""
    config = dataclasses.replace(LONGER, save_seconds=save_seconds)
    epochs = iter(range(10_000))

    def crash() -> bool:
        if next(epochs) == 6:  # the second of the children's two waves in cycle 1 has begun
            raise CrashError
        return False

    with pytest.raises(CrashError):
        run_search(config, tmp_path, should_stop=crash)
    before = len(trained.jobs)
    run_search(config, tmp_path)
    assert before == 6 + 4
    assert (len(trained.jobs) > STAGES) == trained_again
    assert_same_search(tmp_path, undisturbed, trained.vector_size)


def test_seconds_go_on_after_an_interruption(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(20))
    before = committed(tmp_path, trained.vector_size).seconds
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(1))
    after = committed(tmp_path, trained.vector_size).seconds
    assert before < after < before + 600


@pytest.mark.parametrize(("save_seconds", "expected"), [(0.0, PHASES + WAVES), (1e9, PHASES)])
def test_commits_are_made_after_phases_and_waves_as_asked(
    save_seconds: float, expected: int, trained: Trained, tmp_path: Path
) -> None:
    run_search(dataclasses.replace(LONGER, save_seconds=save_seconds), tmp_path)
    assert commits(tmp_path) == expected


def test_a_finished_search_only_returns_its_result(trained: Trained, tmp_path: Path) -> None:
    first = run_search(LONGER, tmp_path)
    trained.jobs.clear()
    files = {path: path.read_bytes() for path in tmp_path.glob("*.json*")}
    number = commits(tmp_path)
    again = run_search(LONGER, tmp_path)
    assert again == first
    assert trained.jobs == [] and trained.compilations == 1 and commits(tmp_path) == number
    assert {path: path.read_bytes() for path in tmp_path.glob("*.json*")} == files


def test_what_was_lost_beside_the_commits_is_written_again(trained: Trained, tmp_path: Path) -> None:
    run_search(LONGER, tmp_path)
    text = (tmp_path / "history.jsonl").read_text()
    (tmp_path / "history.jsonl").unlink()
    (tmp_path / "result.json").unlink()
    run_search(LONGER, tmp_path)
    assert (tmp_path / "history.jsonl").read_text() == text
    assert (tmp_path / "result.json").exists()
