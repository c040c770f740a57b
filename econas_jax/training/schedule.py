"""What a recipe changes from epoch to epoch: plain numbers, computed on the host."""

from __future__ import annotations

import math

from econas_jax.training.recipe import Recipe


def learning_rate(recipe: Recipe, epoch: int) -> float:
    """Returns the rate of an epoch, counted from 0; it is constant within the epoch.

    The warm-up takes a growing part of the schedule's rate, as P-DARTS does on ImageNet (`train_imagenet.py`); DARTS
    has none.
    """
    warmth = min(1.0, (epoch + 1) / recipe.warmup_epochs) if recipe.warmup_epochs else 1.0
    return warmth * _scheduled(recipe, epoch)


def _scheduled(recipe: Recipe, epoch: int) -> float:
    if recipe.schedule == "exponential":
        return recipe.learning_rate * recipe.decay**epoch
    if recipe.schedule == "steps":
        return recipe.learning_rate * recipe.decay ** sum(start <= epoch for start in recipe.step_epochs)
    if recipe.schedule == "linear":
        return recipe.learning_rate * (1 - epoch / recipe.epochs)
    return recipe.learning_rate * (1 + math.cos(math.pi * epoch / recipe.epochs)) / 2


def drop_path_probability(recipe: Recipe, epoch: int) -> float:
    """Returns the probability of an epoch: 0 in the first, and never quite the recipe's (DARTS, `cnn/train.py`)."""
    return recipe.drop_path_probability * epoch / recipe.epochs
