"""The images of a retraining, from its config: the one place that chooses how they are read."""

from __future__ import annotations

from econas_jax.data import DataReport
from econas_jax.data.batches import ImageSource, MemorySource
from econas_jax.errors import require
from econas_jax.experiment.console import Reporter
from econas_jax.retrain.config import RetrainConfig


def image_source(config: RetrainConfig, reporter: Reporter) -> ImageSource:
    """Opens the images that `config.data` names, and says what they are; raises InputError if they cannot be had."""
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed, config.resolution)
    for line in DataReport.of(dataset).lines():
        reporter.say(line)
    padding = config.training.augmentation.crop_padding
    allowed = f"less than the images' size, {dataset.image_size}: lower it"
    require(padding < dataset.image_size, "training.augmentation.crop_padding", padding, allowed)
    return MemorySource(dataset)


def check_count(config: RetrainConfig, source: ImageSource) -> None:
    """Raises InputError where there are fewer training images than a batch holds."""
    images, batch = source.count("train"), config.training.batch_size
    require(batch <= images, "training.batch_size", batch, f"at most {images}, the number of training images")
