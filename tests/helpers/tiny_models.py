"""Trained models in no time: small networks with drawn weights, for tests of what is done with a model."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from econas_jax.models.trained_model import TrainedModel
from econas_jax.nn.description import CellNetworkDescription, Description
from econas_jax.nn.nasbench201.description import NasBench201Description
from econas_jax.spaces.darts.published import DARTS_V2
from econas_jax.spaces.nasbench201 import Genotype

CELL = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
MEAN, STD = (0.5, 0.25, 0.75), (0.25, 0.5, 1.0)


def small_darts(num_classes: int = 3) -> CellNetworkDescription:
    return CellNetworkDescription(DARTS_V2, channels=2, cells_per_stage=1, num_classes=num_classes)


def small_nasbench201(num_classes: int = 3) -> NasBench201Description:
    """The cheapest to compile of the networks there are."""
    return NasBench201Description(Genotype.parse(CELL), channels=2, cells_per_stage=1, num_classes=num_classes)


def drawn_variables(description: Description, resolution: int, **build: Any) -> Any:
    """Variables as from a training that left nothing as it was: statistics and scales are drawn, too."""
    network = description.build(**build)
    images = jax.ShapeDtypeStruct((1, resolution, resolution, 3), np.float32)
    shapes = jax.eval_shape(lambda images: network.init(jax.random.key(0), images, train=False), images)
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda leaf: rng.uniform(0.1, 0.5, leaf.shape).astype(np.float32), shapes)


def tiny_model(description: Description | None = None, **fields: Any) -> TrainedModel:
    """A model of 8x8 images with three classes."""
    description = description or small_nasbench201()
    usual = {
        "classes": tuple(map(str, range(description.num_classes))),
        "resolution": 8,
        "mean": MEAN,
        "std": STD,
        "accuracy": {"test": 0.5},
        "training": {"epochs": 3, "recipe": {"learning_rate": 0.1}},
    }
    variables = fields.pop("variables", None)
    variables = drawn_variables(description, 8) if variables is None else variables
    return TrainedModel(description=description, variables=variables, **{**usual, **fields})
