"""The learning rate of a supernet's weights: plain numbers, computed on the host."""

from __future__ import annotations

import math

from econas_jax.supernet.config import TrainingConfig


def learning_rate(training: TrainingConfig, epochs: int, epoch: int, share: float) -> float:
    """Returns the rate of a step. epochs: of the whole search; epoch: from 0; share: of the epoch that is over."""
    if training.schedule == "restarts":
        begin, length = 0, training.restart_epochs
        while epoch >= begin + length:
            begin, length = begin + length, 2 * length
        return _cosine(training, (epoch - begin) / length)
    return _cosine(training, (epoch + (share if training.schedule == "step" else 0)) / epochs)


def _cosine(training: TrainingConfig, done: float) -> float:
    height = training.learning_rate - training.final_learning_rate
    return training.final_learning_rate + height * (1 + math.cos(math.pi * done)) / 2
