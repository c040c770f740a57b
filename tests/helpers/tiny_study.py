"""The config of a study in seconds, for tests; `tiny_search.share_trainers` makes its networks tiny, too."""

from __future__ import annotations

import dataclasses

from tiny_search import CONFIG as SEARCH

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
