"""Schedules of a recipe against published values, and the recipe's refusals."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from econas_jax.errors import InputError
from econas_jax.training.recipe import Recipe
from econas_jax.training.schedule import drop_path_probability, learning_rate

CIFAR = Recipe()
# DARTS on ImageNet, `cnn/train_imagenet.py`
IMAGENET = Recipe(epochs=250, batch_size=128, learning_rate=0.1, schedule="exponential", decay=0.97)


@pytest.mark.parametrize(
    ("epoch", "rate"), [(0, 0.025), (1, 0.02499983), (150, 0.0213388), (300, 0.0125), (599, 1.7135e-7)]
)
def test_cosine_by_epoch(epoch: int, rate: float) -> None:
    """torch's CosineAnnealingLR over 600 epochs, whose last epoch is not quite at 0."""
    assert learning_rate(CIFAR, epoch) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize(("epoch", "rate"), [(0, 0.1), (1, 0.097), (100, 0.004755), (249, 5.08e-5)])
def test_exponential_by_epoch(epoch: int, rate: float) -> None:
    """StepLR with gamma 0.97 every epoch."""
    assert learning_rate(IMAGENET, epoch) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize(("epoch", "rate"), [(0, 0.1), (1, 0.1992), (4, 0.492), (5, 0.49), (100, 0.3), (249, 0.002)])
def test_linear_to_zero_after_a_warm_up(epoch: int, rate: float) -> None:
    """P-DARTS: 0.5 in 250 epochs; in the first five a fifth, two fifths, ... of the line."""
    recipe = Recipe(epochs=250, learning_rate=0.5, schedule="linear", warmup_epochs=5)
    assert learning_rate(recipe, epoch) == pytest.approx(rate, rel=1e-9)


@pytest.mark.parametrize(
    ("epoch", "rate"), [(0, 0.1), (149, 0.1), (150, 0.01), (224, 0.01), (225, 0.001), (299, 0.001)]
)
def test_steps(epoch: int, rate: float) -> None:
    """DenseNet: divided by 10 after 150 and 225 of 300 epochs."""
    recipe = Recipe(epochs=300, learning_rate=0.1, schedule="steps", decay=0.1, step_epochs=(150, 225))
    assert learning_rate(recipe, epoch) == pytest.approx(rate, rel=1e-9)


@pytest.mark.parametrize(("epoch", "probability"), [(0, 0.0), (1, 0.2 / 600), (300, 0.1), (599, 0.2 * 599 / 600)])
def test_drop_path_grows_with_the_epochs_and_begins_with_none(epoch: int, probability: float) -> None:
    assert drop_path_probability(CIFAR, epoch) == pytest.approx(probability, rel=1e-12)


REFUSED: dict[str, list[Any]] = {
    "epochs": [0, 1.5, True],
    "batch_size": [1],
    "evaluation_batch_size": [0],
    "warmup_epochs": [-1, 600],
    "short_batch": [1, None],
    "nesterov": [1, None],
    "schedule": ["cosin", None],
    "step_epochs": [(3,), (0,), (1.5,)],  # the schedule is cosine
    "statistics": ["local"],
    "learning_rate": [0.0, -1.0, float("nan")],
    "gradient_clip": [0.0],
    "decay": [0.0, 1.1],
    "momentum": [1.0, -0.1],
    "weight_decay": [-1e-4],
    "drop_path_probability": [1.0, -0.1, float("nan"), True],
    "label_smoothing": [1.0],
    "auxiliary_weight": [-0.4, float("inf")],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in REFUSED.items() for value in values])
def test_refused(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        dataclasses.replace(CIFAR, **{field: value})
    assert caught.value.field == f"training.{field}"
