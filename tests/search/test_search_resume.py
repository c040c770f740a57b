"""Searches that are stopped or crash end as if nothing had happened, bit for bit; finished ones do nothing more."""

from __future__ import annotations

import dataclasses
import functools
import io
from pathlib import Path

import pytest
from rich.console import Console
from search_output import assert_same_search, commits, committed, econas, lines, stop_every, without_figures
from tiny_network import TinyNetwork
from tiny_search import LONGER, Trained

from econas_jax.errors import InputError
from econas_jax.experiment import lock
from econas_jax.search import Reporter, SearchConfig, SearchInterruptedError, run_search
from econas_jax.search.history import read_stages

STAGES = 6 + 5 * (5 + 3 + 2)


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


def test_a_search_is_the_same_again(undisturbed: Path, trained: Trained, tmp_path: Path) -> None:
    run_search(LONGER, tmp_path / "again")
    assert_same_search(tmp_path / "again", undisturbed, LONGER)
    run_search(dataclasses.replace(LONGER, seed=1), tmp_path / "other")
    assert lines(tmp_path / "other" / "history.jsonl") != lines(undisturbed / "history.jsonl")


@pytest.mark.parametrize("devices", [1, 3])
def test_the_number_of_devices_changes_nothing(
    devices: int, undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    run_search(dataclasses.replace(LONGER, devices=devices), tmp_path)
    assert_same_search(tmp_path, undisturbed, LONGER)


@pytest.mark.parametrize(("count", "save_seconds"), [(12, 1e9), (19, 0.0)])
def test_stopped_again_and_again_it_ends_as_if_undisturbed(
    count: int, save_seconds: float, undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    config = dataclasses.replace(LONGER, save_seconds=save_seconds)
    interruptions = 0
    for _ in range(STAGES):
        try:
            run_search(config, tmp_path, should_stop=stop_every(count))
        except SearchInterruptedError:
            interruptions += 1
            stages = read_stages(tmp_path / "history.jsonl")
            assert len(stages) == len(trained.jobs)  # all that was finished is committed
        else:
            break
    assert interruptions >= 2
    assert len(trained.jobs) == STAGES  # nothing finished was trained again
    assert_same_search(tmp_path, undisturbed, LONGER)


def test_stopped_in_the_first_epoch_it_begins_anew(undisturbed: Path, trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=lambda: True)
    assert trained.jobs == [] and read_stages(tmp_path / "history.jsonl") == []
    run_search(LONGER, tmp_path)
    assert_same_search(tmp_path, undisturbed, LONGER)


class CrashError(Exception):
    pass


@pytest.mark.parametrize(("save_seconds", "trained_again"), [(0.0, False), (1e9, True)])
def test_after_a_crash_it_goes_on_from_the_last_commit(
    save_seconds: float, trained_again: bool, undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    """In the second wave of a phase: the first one is committed if there was time to."""
    config = dataclasses.replace(LONGER, save_seconds=save_seconds)
    questions = iter(range(1, 10_000))
    # Asked once before compiling and when a phase begins, after every epoch of a candidate and after every wave.
    initial, first_children = 1 + (4 * 2 + 1) + (2 * 2 + 1), 1 + (4 * 2 + 1)

    def crash() -> bool:
        if next(questions) == 1 + initial + first_children + 1:  # the second of the children's two waves has begun
            raise CrashError
        return False

    with pytest.raises(CrashError):
        run_search(config, tmp_path, should_stop=crash)
    before = len(trained.jobs)
    run_search(config, tmp_path)
    assert before == 6 + 4
    assert (len(trained.jobs) > STAGES) == trained_again
    assert_same_search(tmp_path, undisturbed, LONGER)


def test_seconds_go_on_after_an_interruption(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(60))
    before = committed(tmp_path, LONGER).seconds
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(3))
    after = committed(tmp_path, LONGER).seconds
    assert before < after < before + 600


@pytest.mark.parametrize(("save_seconds", "expected"), [(0.0, 1 + 3 + 6 + 10), (1e9, 1 + 3)])
def test_commits_are_made_after_phases_and_stages_as_asked(
    save_seconds: float, expected: int, trained: Trained, tmp_path: Path
) -> None:
    run_search(dataclasses.replace(with_cycles(1), save_seconds=save_seconds), tmp_path)
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


def with_cycles(cycles: int) -> SearchConfig:
    return dataclasses.replace(LONGER, search=dataclasses.replace(econas(LONGER), cycles=cycles))


def test_a_finished_search_goes_on_for_more_cycles_as_if_it_had_had_them(
    undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    run_search(with_cycles(2), tmp_path)
    run_search(LONGER, tmp_path)
    assert len(trained.jobs) == STAGES
    assert_same_search(tmp_path, undisturbed, LONGER)


def test_an_interrupted_search_goes_on_for_fewer_cycles_but_not_for_fewer_than_it_has(
    trained: Trained, tmp_path: Path
) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path / "less", should_stop=stop_every(60))  # in cycle 2
    before = (tmp_path / "less" / "config.json").read_bytes()
    with pytest.raises(
        InputError, match=r"^search\.cycles = 1: expected at least 2, the cycle that the search has reached$"
    ):
        run_search(with_cycles(1), tmp_path / "less")
    assert (tmp_path / "less" / "config.json").read_bytes() == before
    run_search(with_cycles(3), tmp_path / "less")
    run_search(with_cycles(3), tmp_path / "straight")
    assert_same_search(tmp_path / "less", tmp_path / "straight", with_cycles(3))


def test_what_changed_since_the_last_run_is_told(trained: Trained, tmp_path: Path) -> None:
    run_search(with_cycles(1), tmp_path)
    output = said(dataclasses.replace(with_cycles(2), devices=2), tmp_path)
    assert "changed since the last run: devices: 4 there, 2 here, search.cycles: 1 there, 2 here\n" in output


def said(config: SearchConfig, folder: Path) -> str:
    """What a run writes on standard output."""
    reporter, output = Reporter(), io.StringIO()
    reporter.console = Console(file=output, highlight=False, width=200)
    run_search(config, folder, reporter)
    return output.getvalue()


@pytest.mark.parametrize("kept", [0.5, 0.999, None])
def test_a_torn_journal_is_told_and_made_again(kept: float | None, trained: Trained, tmp_path: Path) -> None:
    run_search(with_cycles(1), tmp_path)
    file = tmp_path / "history.jsonl"
    text = file.read_text()
    torn = text[: int(kept * len(text))] if kept else text + text.splitlines()[-1]  # without its line break
    file.write_text(torn)
    assert "history.jsonl did not tell what is committed: made again\n" in said(with_cycles(1), tmp_path)
    assert file.read_text() == text
    assert "made again" not in said(with_cycles(1), tmp_path)


def test_after_damage_to_the_newest_commit_the_search_ends_as_if_undisturbed(
    undisturbed: Path, trained: Trained, tmp_path: Path
) -> None:
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(90))
    newest = tmp_path / "checkpoints" / f"commit_{commits(tmp_path) - 1}"
    (newest / "search" / "metadata").write_text("")
    before = len(trained.jobs)
    assert "is damaged: moved to damaged/" in said(LONGER, tmp_path)
    assert len(trained.jobs) > STAGES > before
    assert_same_search(tmp_path, undisturbed, LONGER)


def test_a_second_search_in_the_same_folder_is_refused_and_changes_nothing(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    run_search(with_cycles(1), tmp_path)
    trained.jobs.clear()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with (
        lock.locked(tmp_path),
        pytest.raises(InputError, match="^workdir = .*a folder in which nothing runs"),
    ):
        run_search(LONGER, tmp_path)
    assert trained.jobs == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files


def test_a_folder_whose_search_was_killed_before_its_first_file_is_taken(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / lock.FILE).touch()
    (tmp_path / "config.json.tmp").write_text("{")
    run_search(with_cycles(1), tmp_path)
    assert not list(tmp_path.glob("*.tmp"))


def test_training_states_of_another_length_are_refused(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the network's parameters were others than when the search was stopped."""
    with pytest.raises(SearchInterruptedError):
        run_search(LONGER, tmp_path, should_stop=stop_every(60))
    size = next(iter(committed(tmp_path, LONGER).living.values())).size
    wider = functools.partial(TinyNetwork, num_classes=11)
    without_figures(monkeypatch)
    monkeypatch.setattr("econas_jax.nn.darts.family.SearchNetwork", lambda *sizes, **options: wider(*sizes[:2]))
    expected = rf"^workdir's training states = {size}: expected \d+ values a candidate$"
    with pytest.raises(InputError, match=expected):
        run_search(LONGER, tmp_path)
