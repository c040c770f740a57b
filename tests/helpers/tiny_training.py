"""Tasks on a tiny network, and genotypes for which it diverges, for tests of trainers."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias

import numpy as np
from tiny_network import TinyNetwork
from tiny_search import EPOCHS, genotypes

from econas_jax.data import Split
from econas_jax.data.config import Augmentation
from econas_jax.training import Outcome, Task, TrainingConfig

Accuracy: TypeAlias = Literal["last", "best"]
TINY_SPLIT = Split(
    np.random.default_rng(0).integers(0, 256, (12, 4, 4, 3)).astype(np.uint8), np.arange(12, dtype=np.int32) % 3
)


def tiny_task(network: TinyNetwork | None = None, rate: float = 0.1, accuracy: Accuracy = "last") -> Task:
    augmentation = Augmentation(1, False)
    config = TrainingConfig(batch_size=4, learning_rate=rate, augmentation=augmentation, accuracy=accuracy)
    return Task(network or TinyNetwork(), config, 4, 3 * EPOCHS, (0.5,) * 3, (0.25,) * 3, seed=0)


def starting_with(operation: str) -> Any:
    """Returns the arrays of a genotype whose first operation is the given one."""
    found = (genotype for genotype in genotypes(100) if genotype.normal.edges[0].operation == operation)
    return next(found).encode()


def assert_diverged(outcome: Outcome) -> None:
    assert outcome.status == "diverged" and outcome.state is None and math.isfinite(outcome.seconds)
    assert outcome.reason == "a loss that is not finite" and outcome.trace is None
    fields = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    assert [getattr(outcome, field) for field in fields] == [None] * 4
