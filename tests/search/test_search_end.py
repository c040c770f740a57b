"""A trainer, whose processes end with it, ends with its search: when that returns, and when it is stopped."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from search_output import no_figures
from tiny_network import TinyNetwork
from tiny_search import LONGER, share_trainers

from econas_jax.search import SearchInterruptedError, loop, run_search
from econas_jax.search.preparation import prepare
from econas_jax.search.prepared import Prepared


class Own:
    """The trainer that tests share, as a search's own."""

    def __init__(self, shared: Any) -> None:
        self.shared = shared

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shared, name)


@pytest.fixture
def trainers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[weakref.ref[Own]]]:
    """The trainers of all searches, while Python frees nothing that refers to itself."""
    no_figures(monkeypatch)
    share_trainers(monkeypatch, TinyNetwork)
    found: list[weakref.ref[Own]] = []

    def prepared(*arguments: Any) -> Prepared:
        given = prepare(*arguments)
        own = Own(given.trainer)
        found.append(weakref.ref(own))
        return given._replace(trainer=own)

    monkeypatch.setattr(loop, "prepare", prepared)
    gc.disable()
    yield found
    gc.enable()


@pytest.mark.parametrize("stopped", [False, True])
def test_the_trainer_ends_with_its_search(trainers: list[weakref.ref[Own]], tmp_path: Path, stopped: bool) -> None:
    try:
        run_search(LONGER, tmp_path, should_stop=lambda: stopped)
    except SearchInterruptedError:
        assert stopped
    (trainer,) = trainers
    assert trainer() is None
