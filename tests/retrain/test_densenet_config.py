"""The config that retrains a DenseNet-BC holds the recipe of its paper."""

from __future__ import annotations

import runpy
from pathlib import Path

from econas_jax.nn.densenet.description import DenseNetDescription
from econas_jax.retrain.choices import choices
from econas_jax.retrain.config import RetrainConfig, from_mapping
from econas_jax.retrain.networks import described
from econas_jax.training.schedule import learning_rate

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "retrain_densenet_cifar10.py"


def config() -> RetrainConfig:
    return from_mapping(runpy.run_path(str(CONFIG))["get_config"]())


def test_the_config_is_the_papers() -> None:
    recipe = config().training
    assert (recipe.epochs, recipe.batch_size, recipe.momentum, recipe.nesterov) == (300, 64, 0.9, True)
    assert (recipe.weight_decay, recipe.gradient_clip, recipe.augmentation.cutout) == (1e-4, None, 0)
    assert [round(learning_rate(recipe, epoch), 6) for epoch in (0, 150, 225)] == [0.1, 0.01, 0.001]
    (choice,) = choices(config().genotype)
    assert described(choice, config(), 10) == DenseNetDescription(190, 40, 10)
