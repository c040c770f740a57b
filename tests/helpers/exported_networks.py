"""Small trained networks for tests of exports: random weights, statistics that are none of an untrained network's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from econas_jax.data.augmentation import prepare
from econas_jax.models.trained_model import TrainedModel
from econas_jax.nn.description import CellNetworkDescription
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import Stem

SIDE = 8
CLASSES = ("cat", "dog", "eel")
EVERYTHING = Genotype.from_json(  # all operations; nodes of one edge and of none, and one that nobody reads
    {
        "normal": [
            ("sep_conv_3x3", 0),
            ("none", 1),
            ("avg_pool_3x3", 1),
            ("max_pool_3x3", 2),
            ("dil_conv_5x5", 0),
            ("conv_7x1_1x7", 1),
            ("none", 0),
            ("none", 1),
            ("sep_conv_5x5", 0),
            ("skip_connect", 0),
        ],
        "normal_concat": [3, 4, 5],
        "reduce": [
            ("sep_conv_7x7", 0),
            ("avg_pool_3x3", 1),
            ("max_pool_3x3", 0),
            ("dil_conv_3x3", 1),
            ("skip_connect", 1),
            ("conv_7x1_1x7", 0),
            ("none", 0),
            ("none", 1),
            ("sep_conv_5x5", 0),
            ("skip_connect", 2),
        ],
        "reduce_concat": [2, 3, 4, 5],
    }
)
FEW = Genotype.from_json(  # compiles soon
    {
        "normal": [("skip_connect", 1), ("max_pool_3x3", 1)],
        "normal_concat": [2],
        "reduce": [("max_pool_3x3", 1), ("avg_pool_3x3", 1)],
        "reduce_concat": [2],
    }
)


def random_model(genotype: Genotype = FEW, stem: Stem = "cifar", side: int = SIDE, **fields: Any) -> TrainedModel:
    """Returns a network of two channels and its random variables; fields: of the TrainedModel."""
    description = CellNetworkDescription(genotype, 2, 1, len(CLASSES), stem)
    network, generator = description.build(), np.random.default_rng(0)
    images = jax.ShapeDtypeStruct((1, side, side, 3), np.float32)
    shapes = jax.eval_shape(lambda images: network.init(jax.random.key(0), images, train=False), images)

    def drawn(shape: jax.ShapeDtypeStruct) -> npt.NDArray[np.float32]:
        if len(shape.shape) == 1:  # of normalisations: scales and variances above zero
            return generator.uniform(0.5, 1.5, shape.shape).astype(np.float32)
        return (generator.normal(size=shape.shape) / np.sqrt(np.prod(shape.shape[:-1]))).astype(np.float32)

    variables = jax.tree.map(drawn, shapes)
    about = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.3), **fields}
    return TrainedModel(description, variables, CLASSES, side, **about)


def random_images(number: int, side: int = SIDE) -> npt.NDArray[np.uint8]:
    """Returns images uint8[number, side, side, 3]."""
    return np.random.default_rng(1).integers(0, 256, (number, side, side, 3), dtype=np.uint8)


def evaluation_logits(model: TrainedModel, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Returns the logits that an evaluation of the network itself sees."""
    network = model.description.build()
    prepared = prepare(jnp.asarray(images), model.resolution, model.mean, model.std)
    return np.asarray(jax.jit(lambda x: network.apply(model.variables, x, train=False))(prepared))


def save_run(run: Path, accuracies: dict[int, dict[str, float]]) -> None:
    """Writes a folder like a retraining run's: networks with these accuracies, by their numbers."""
    for number, accuracy in accuracies.items():
        random_model(accuracy=accuracy).save(run / f"network_{number}" / "model")
