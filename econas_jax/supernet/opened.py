"""The images of a search inside a supernet, from its config: the one place that chooses how they are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from econas_jax.data import DataReport, Dataset
from econas_jax.data.dataset import ChannelValues
from econas_jax.data.stream.config import StreamConfig
from econas_jax.errors import require
from econas_jax.experiment.console import Reporter
from econas_jax.supernet.config import SupernetConfig
from econas_jax.supernet.images import SearchImages
from econas_jax.supernet.stream_images import StreamImages


@dataclasses.dataclass(frozen=True)
class Opened:
    """Images in two parts, and what is known of them."""

    images: SearchImages | StreamImages
    classes: int
    mean: ChannelValues  # of each channel, of images scaled to [0, 1]
    std: ChannelValues
    identity: Mapping[str, Any]  # what tells these images from others
    facts: Mapping[str, Any]  # for `config.json`
    close: Callable[[], None]  # gives back what reading takes


def opened_images(config: SupernetConfig, reporter: Reporter, dataset: Dataset | None = None) -> Opened:
    """Opens the images that `config.data` names, and says what they are; raises InputError if they cannot be had.

    dataset: is taken instead where it is given.
    """
    if dataset is None and isinstance(config.data, StreamConfig):
        return _streamed(config, config.data, reporter)
    if dataset is None:
        assert not isinstance(config.data, StreamConfig)
        with reporter.doing(f"loading {config.data.name}"):
            dataset = config.data.load(config.seed, config.proxy.resolution)
        for line in DataReport.of(dataset).lines():
            reporter.say(line)
    padding, size = config.training.augmentation.crop_padding, dataset.image_size
    allowed = f"less than the images' size, {size}: lower it"
    require(padding < size, "training.augmentation.crop_padding", padding, allowed)
    report = DataReport.of(dataset)
    return Opened(
        images=SearchImages(dataset, config.proxy.sample_ratio, config.search.held_out(), config.seed),
        classes=dataset.num_classes,
        mean=dataset.mean,
        std=dataset.std,
        identity=report.fingerprints,
        facts=report.facts(),
        close=lambda: None,
    )


def _streamed(config: SupernetConfig, data: StreamConfig, reporter: Reporter) -> Opened:
    data.check_augmentation(config.training.augmentation)
    allowed = "0.0, since search.architecture_share says what is held out"
    require(data.validation == 0, "data.validation", data.validation, allowed)
    with reporter.doing(f"listing {data.name}"):
        source = data.open(config.seed, config.proxy.resolution)
    for line in source.lines():
        reporter.say(line)
    return Opened(
        images=StreamImages(source, config.proxy.sample_ratio, config.search.held_out(), config.seed),
        classes=len(source.classes),
        mean=source.mean,
        std=source.std,
        identity=source.identity(),
        facts={"name": source.name, "classes": list(source.classes)},
        close=source.close,
    )
