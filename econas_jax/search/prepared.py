"""The parts of a search that depend on its config and its data alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from econas_jax.algorithms.algorithm import Algorithm
from econas_jax.search.ladder import Ladder
from econas_jax.training import Trainer


class Prepared(NamedTuple):
    """What the loop joins: an algorithm, and what trains for it."""

    algorithm: Algorithm[Any]
    ladder: Ladder
    trainer: Trainer
    validation_images: int | None  # None: accuracies are not counted on images
    clock: Callable[[], float]  # seconds since some moment
