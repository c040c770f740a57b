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


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Searches train TinyNetwork, and draw no figures: those take longer than all the rest."""
    monkeypatch.setattr("econas_jax.search.workdir.write_search_figures", lambda *arguments: [])
    return share_trainers(monkeypatch, TinyNetwork)


def stop_every(epochs: int) -> Callable[[], bool]:
    """Asks to stop at each `epochs`-th epoch."""
    count = iter(range(1, 10_000))
    return lambda: next(count) % epochs == 0


def test_a_search_is_the_same_again(trained: Trained, tmp_path: Path) -> None:
    run_search(LONGER, tmp_path / "one")
    run_search(LONGER, tmp_path / "two")
    assert_same_search(tmp_path / "one", tmp_path / "two", trained.vector_size)
    run_search(dataclasses.replace(LONGER, seed=1), tmp_path / "three")
    assert lines(tmp_path / "three" / "history.jsonl") != lines(tmp_path / "one" / "history.jsonl")


@pytest.mark.parametrize("devices", [1, 3])
def test_the_number_of_devices_changes_nothing(devices: int, trained: Trained, tmp_path: Path) -> None:
    run_search(LONGER, tmp_path / "four")
    run_search(dataclasses.replace(LONGER, devices=devices), tmp_path / "fewer")
    assert_same_search(tmp_path / "fewer", tmp_path / "four", trained.vector_size)


@pytest.mark.parametrize("save_seconds", [0.0, 1e9])
@pytest.mark.parametrize("epochs", [3, 8, 17])
def test_stopped_again_and_again_it_ends_as_if_undisturbed(
    epochs: int, save_seconds: float, trained: Trained, tmp_path: Path
) -> None:
    run_search(LONGER, tmp_path / "undisturbed")
    trained.jobs.clear()
    config = dataclasses.replace(LONGER, save_seconds=save_seconds)
    interruptions = 0
    for _ in range(STAGES):
        try:
            run_search(config, tmp_path / "stopped", should_stop=stop_every(epochs))
        except SearchInterruptedError:
            interruptions += 1
            stages = read_stages(tmp_path / "stopped" / "history.jsonl")
            assert len(stages) == len(trained.jobs)  # all that was finished is committed
        else:
            break
    assert interruptions >= 2
    assert len(trained.jobs) == STAGES  # nothing finished was trained again
    assert_same_search(tmp_path / "stopped", tmp_path / "undisturbed", trained.vector_size)


def test_stopped_in_the_first_epoch_it_begins_anew(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path / "stopped", should_stop=lambda: True)
    assert trained.jobs == [] and read_stages(tmp_path / "stopped" / "history.jsonl") == []
    run_search(LONGER, tmp_path / "stopped")
    run_search(LONGER, tmp_path / "undisturbed")
    assert_same_search(tmp_path / "stopped", tmp_path / "undisturbed", trained.vector_size)


class CrashError(Exception):
    pass


@pytest.mark.parametrize(("save_seconds", "trained_again"), [(0.0, False), (1e9, True)])
def test_after_a_crash_it_goes_on_from_the_last_commit(
    save_seconds: float, trained_again: bool, trained: Trained, tmp_path: Path
) -> None:
    """In the second wave of a phase: the first one is committed if there was time to."""
    run_search(LONGER, tmp_path / "undisturbed")
    trained.jobs.clear()
    config = dataclasses.replace(LONGER, save_seconds=save_seconds)
    epochs = iter(range(10_000))

    def crash() -> bool:
        if next(epochs) == 6:  # the second of the children's two waves in cycle 1 has begun
            raise CrashError
        return False

    with pytest.raises(CrashError):
        run_search(config, tmp_path / "crashed", should_stop=crash)
    before = len(trained.jobs)
    run_search(config, tmp_path / "crashed")
    assert before == 6 + 4
    assert (len(trained.jobs) > STAGES) == trained_again
    assert_same_search(tmp_path / "crashed", tmp_path / "undisturbed", trained.vector_size)


def test_seconds_go_on_after_an_interruption(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(20))
    before = committed(tmp_path, trained.vector_size).seconds
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(1))
    after = committed(tmp_path, trained.vector_size).seconds
    assert before < after < before + 60


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
    assert trained.jobs == [] and commits(tmp_path) == number
    assert {path: path.read_bytes() for path in tmp_path.glob("*.json*")} == files


def test_what_was_lost_beside_the_commits_is_written_again(trained: Trained, tmp_path: Path) -> None:
    run_search(LONGER, tmp_path)
    text = (tmp_path / "history.jsonl").read_text()
    (tmp_path / "history.jsonl").unlink()
    (tmp_path / "result.json").unlink()
    run_search(LONGER, tmp_path)
    assert (tmp_path / "history.jsonl").read_text() == text
    assert (tmp_path / "result.json").exists()
