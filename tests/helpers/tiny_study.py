"""A study in seconds, for tests: its config, and studies that train the tiny network and draw no figures."""

from __future__ import annotations

import dataclasses

import pytest
from tiny_network import TinyNetwork
from tiny_search import CONFIG as SEARCH
from tiny_search import Trained, share_trainers

from econas_jax.study.config import GridConfig, StudyConfig

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


def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes studies draw no figures, which take longer than all the rest."""
    monkeypatch.setattr("econas_jax.study.results.write_study_figures", lambda *arguments: [])


def without_figures(monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Makes studies train TinyNetwork and draw no figures."""
    no_figures(monkeypatch)
    return share_trainers(monkeypatch, TinyNetwork)
