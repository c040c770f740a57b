"""The trained model of a network: its weights and all that is needed to use it, and how it was trained."""

from __future__ import annotations

import dataclasses

import jax

from econas_jax.data.batches import ImageSource
from econas_jax.experiment import provenance
from econas_jax.models.trained_model import TrainedModel
from econas_jax.retrain.config import RetrainConfig
from econas_jax.retrain.history import Progress
from econas_jax.retrain.networks import Chosen
from econas_jax.training.data_parallel import Scores
from econas_jax.training.state import TrainState


def trained_model(
    network: Chosen,
    config: RetrainConfig,
    source: ImageSource,
    progress: Progress,
    state: TrainState,
    test: Scores | None,
) -> TrainedModel:
    """Returns the model. test: its scores on the test images, None where there are none."""
    last = progress.history[-1]
    accuracy = {"test": test.accuracy if test else None, "validation": last.validation_accuracy}
    return TrainedModel(
        description=network.description,
        variables={"params": jax.device_get(state.params), "batch_stats": jax.device_get(state.batch_stats)},
        classes=source.classes,
        resolution=config.resolution or source.image_size,
        mean=source.mean,
        std=source.std,
        crop=source.crop,
        accuracy={split: value for split, value in accuracy.items() if value is not None},
        training={
            "name": network.choice.name,
            "data": source.name,
            "train_images": source.count("train"),
            "epochs": progress.epoch,
            "seed": config.seed,
            "start": config.start,
            "auxiliary_head": config.network.auxiliary,
            "recipe": dataclasses.asdict(config.training),
            "seconds": last.seconds,
            **provenance.made_with(),
        },
    )
