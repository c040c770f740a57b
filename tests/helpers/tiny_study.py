"""A study in seconds, for tests: its config, and a network that compiles in a blink."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from tiny_network import TinyNetwork
from tiny_search import CONFIG as SEARCH
from tiny_search import start_jax

from econas_jax.study.config import GridConfig, StudyConfig
from econas_jax.training import Job, WaveTrainer

CONFIG = StudyConfig(
    networks=5,
    original="c2r4s0e3",
    grid=GridConfig((3, 4), (4,), (0,), (2,)),
    proxies=("c4r4s1e2", "c2r4s0e1n2"),
    network=dataclasses.replace(SEARCH.network, cells_per_stage=1),
    data=dataclasses.replace(SEARCH.data, validation_size=400),
    training=dataclasses.replace(SEARCH.training, learning_rate=0.001),
    devices=2,
    resamples=100,
)
SETTINGS = 5


@dataclasses.dataclass
class Trained:
    """What studies have trained so far, and what is to happen after each of their waves."""

    runs: list[tuple[int, Job]] = dataclasses.field(default_factory=list)  # total epochs of the schedule, job
    after_wave: Callable[[], None] = lambda: None


def use_tiny_networks(monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Makes studies train `TinyNetwork`s; returns the record of what they train."""
    start_jax(monkeypatch)
    trained = Trained()

    class Recorder(WaveTrainer):
        def __init__(self, task: Any, *arguments: Any) -> None:
            super().__init__(task, *arguments)
            self._schedule = task.total_epochs

        def train(self, jobs: Any, on_epoch: Any = lambda epoch: None) -> Any:
            outcomes = super().train(jobs, on_epoch)
            trained.runs += [(self._schedule, job) for job in jobs]
            trained.after_wave()
            return outcomes

    monkeypatch.setattr("econas_jax.study.training.trainer_for", Recorder)
    monkeypatch.setattr("econas_jax.study.training.SearchNetwork", TinyNetwork)
    return trained
