"""Programs that are compiled beside a caller: all at once, with errors passed on, and a caller that may leave."""

from __future__ import annotations

import threading
import time

import pytest

from econas_jax.training.compile.beside import compiled_beside, still_compiling


class LeaveError(Exception):
    pass


def test_all_are_made_at_once() -> None:
    together = threading.Barrier(2, timeout=30)  # each waits for the other

    def make(name: str) -> str:
        together.wait()
        return name.upper()

    made = compiled_beside({"a": lambda: make("a"), "b": lambda: make("b")}, lambda: None)
    assert made == {"a": "A", "b": "B"}


def test_an_error_is_the_callers() -> None:
    def fail() -> None:
        raise ValueError("no such program")

    with pytest.raises(ValueError, match="no such program"):
        compiled_beside({1: fail, 2: lambda: None}, lambda: None)


def test_a_caller_that_leaves_does_not_wait() -> None:
    release = threading.Event()
    asked = []

    def check() -> None:
        asked.append(time.perf_counter())
        if len(asked) == 3:
            raise LeaveError

    with pytest.raises(LeaveError):
        compiled_beside({"slow": lambda: release.wait(60)}, check)
    assert still_compiling()
    release.set()
    for thread in threading.enumerate():
        if thread.name == "compile slow":
            thread.join(30)
    assert not still_compiling()
