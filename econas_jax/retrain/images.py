"""The images of a retraining, from its config: the one place that chooses how they are read."""

from __future__ import annotations

from econas_jax.data import DataReport
from econas_jax.data.batches import ImageSource, MemorySource
from econas_jax.data.stream.config import StreamConfig
from econas_jax.errors import InputError, require
from econas_jax.experiment.console import Reporter
from econas_jax.retrain.config import RetrainConfig


def image_source(config: RetrainConfig, reporter: Reporter) -> ImageSource:
    """Opens the images that `config.data` names, and says what they are; raises InputError if they cannot be had."""
    if isinstance(config.data, StreamConfig):
        return _stream(config, config.data, reporter)
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed, config.resolution)
    for line in DataReport.of(dataset).lines():
        reporter.say(line)
    padding = config.training.augmentation.crop_padding
    allowed = f"less than the images' size, {dataset.image_size}: lower it"
    require(padding < dataset.image_size, "training.augmentation.crop_padding", padding, allowed)
    return MemorySource(dataset)


def _stream(config: RetrainConfig, data: StreamConfig, reporter: Reporter) -> ImageSource:
    data.check_augmentation(config.training.augmentation)
    allowed = "pixels a side, since streamed images have no size of their own"
    if config.resolution is None:
        raise InputError("resolution", config.resolution, allowed)
    with reporter.doing(f"listing {data.name}"):
        source = data.open(config.seed, config.resolution)
    for line in source.lines():
        reporter.say(line)
    return source


def check_count(config: RetrainConfig, source: ImageSource) -> None:
    """Raises InputError where there are fewer training images than a batch holds."""
    images, batch = source.count("train"), config.training.batch_size
    require(batch <= images, "training.batch_size", batch, f"at most {images}, the number of training images")
