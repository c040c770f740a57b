"""Makes a trained model, ready to save, evaluate and export, of a network that was read from PyTorch's weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from econas_jax.interop.torch_weights import TorchNetwork
from econas_jax.models.trained_model import ChannelValues, TrainedModel
from econas_jax.spaces.darts.macro_net import Stem

# The resolution that DARTS evaluates at, and the part of an image's shorter side that its central square takes.
EVALUATED_AT: Mapping[Stem, tuple[int, float]] = {"cifar": (32, 1.0), "imagenet": (224, 224 / 256)}


def as_model(
    network: TorchNetwork,
    *,
    classes: Sequence[str],
    mean: ChannelValues,
    std: ChannelValues,
    resolution: int | None = None,
    crop: float | None = None,
    accuracy: Mapping[str, float] | None = None,
    training: Mapping[str, Any] | None = None,
) -> TrainedModel:
    """Returns the model, without its auxiliary head; raises InputError for another number of classes.

    classes: their names in the order of the network's outputs; mean, std: of each colour of images in [0, 1], as the
    network was trained with. resolution, crop, accuracy, training: as in `TrainedModel`; the first two are by default
    DARTS's for the stem, 32 pixels of whole images or 224 pixels of the central 224 / 256.
    """
    side, part = EVALUATED_AT[network.description.stem]
    return TrainedModel(
        network.description,
        network.variables,
        tuple(classes),
        side if resolution is None else resolution,
        mean,
        std,
        crop=part if crop is None else crop,
        accuracy=accuracy or {},
        training=training or {},
    )
