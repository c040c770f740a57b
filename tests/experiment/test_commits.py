"""Commits beside the training: one at a time, in order, never lost and never silent about errors; and their time."""

from __future__ import annotations

import threading
import time

import pytest

from econas_jax.experiment.commits import COST, Commits
from econas_jax.experiment.times import Times


def test_commits_are_written_beside_one_at_a_time_and_in_order() -> None:
    written: list[int] = []
    threads: set[int] = set()
    allowed = threading.Event()

    def write(state: int) -> None:
        allowed.wait()
        threads.add(threading.get_ident())
        written.append(state)

    with Commits(write, Times(), None) as commits:
        commits.begin(0)
        assert written == []  # the search has gone on
        allowed.set()
        for number in range(1, 4):
            commits.begin(number)
            assert written[:number] == list(range(number))  # at the latest when the next begins
    assert written == [0, 1, 2, 3] and threading.get_ident() not in threads


@pytest.mark.parametrize("then", ["begin", "wait", "leave"])
def test_what_a_commit_raises_comes_out_at_the_next_touch(then: str) -> None:
    def write(state: int) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"), Commits(write, Times(), None) as commits:
        commits.begin(0)
        if then == "begin":
            commits.begin(1)
        if then == "wait":
            commits.wait()


def test_an_error_of_the_search_waits_for_the_last_commit_and_is_not_hidden_by_it() -> None:
    written: list[int] = []

    def write(state: int) -> None:
        written.append(state)
        raise OSError("full")

    with pytest.raises(KeyError), Commits(write, Times(), None) as commits:
        commits.begin(0)
        raise KeyError
    assert written == [0]


@pytest.mark.parametrize(("save_seconds", "within", "at_the_end"), [(0.0, True, True), (1e9, False, True)])
def test_commits_are_due_after_the_seconds_asked_for_and_at_a_phases_end(
    save_seconds: float, within: bool, at_the_end: bool
) -> None:
    commits: Commits[int] = Commits(lambda state: None, Times(), save_seconds)
    assert (commits.due(phase_ends=False), commits.due(phase_ends=True)) == (within, at_the_end)


def test_without_seconds_saving_takes_its_share_of_the_time_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def write(state: int) -> None:
        now[0] += 3.0

    with Commits(write, Times(), None) as commits:
        assert commits.due(phase_ends=False)  # what it costs is not known yet
        commits.begin(0)
        commits.wait()
        for phase_ends in (False, True):
            now[0] = 100.0 + 3.0 / COST - 0.1
            assert not commits.due(phase_ends)
            now[0] = 100.0 + 3.0 / COST + 0.1
            assert commits.due(phase_ends)


def test_times_are_shares_of_a_run_with_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    times = Times()
    with pytest.raises(KeyError), times.measuring("train"):
        now[0] += 6.0
        raise KeyError
    times.add("train", -2.0)
    times.add("validate", 2.0)
    with times.measuring("compile"):
        now[0] += 1.0
    now[0] += 1.0
    times.background = 0.5
    shares = {"compile": 0.125, "train": 0.5, "validate": 0.25, "save": 0.0, "rest": 0.125}
    assert times.shares() == shares
    assert times.to_json() == {"seconds": 8.0, "shares": shares, "background_saving_seconds": 0.5}
    told = "8 s: compile 12.5 %, train 50.0 %, validate 25.0 %, save 0.0 %, rest 12.5 % (and 0.5 s of saving beside the"
    assert str(times).startswith(told)
