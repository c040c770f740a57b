"""Which configs of images there are: of those that fit in memory, and of those that are streamed. No JAX here."""

from __future__ import annotations

from typing import get_args

from econas_jax.data.config import DataConfig
from econas_jax.data.load import LOADERS
from econas_jax.data.stream.config import Kind, StreamConfig

DATA: dict[str, type] = {name: DataConfig for name in LOADERS} | {name: StreamConfig for name in get_args(Kind)}
