"""The images to evaluate on: those that the run's config names, or others that the user does."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from econas_jax.data.batches import ImageSource, MemorySource
from econas_jax.data.config import DataConfig
from econas_jax.data.load import LOADERS
from econas_jax.data.stream.config import Kind, StreamConfig
from econas_jax.errors import require
from econas_jax.experiment import config_file
from econas_jax.experiment.config_fields import build_config
from econas_jax.models.trained_model import TrainedModel

DATA: dict[str, type] = {name: DataConfig for name in LOADERS} | {name: StreamConfig for name in get_args(Kind)}
SPLITS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True)
class Asked:
    """Which images a user asks for; None: those of the run's config."""

    name: str | None = None
    path: str | None = None


class Opened(NamedTuple):
    """Images for a model."""

    source: ImageSource
    crop: float  # of the sides of the source's images, the share that the network is to be shown
    classes: tuple[str, ...]  # names, as the images or the model have them


def open_images(asked: Asked, folder: Path, model: TrainedModel) -> Opened:
    """Opens the images to evaluate a model on.

    folder: of the model; the config of its run lies in it or right above. Raises InputError for images that cannot be
    had, and for classes that are not the model's.
    """
    fields, seed = _fields_of_run(folder)
    if asked.name is not None and asked.name != fields.get("name"):
        fields = {"name": asked.name}
    if asked.path is not None:
        fields = {**fields, "path": asked.path}
    allowed = "--data and the name of a data set: no config.json of a run lies beside the model"
    require("name" in fields, "data", None, allowed)
    require(fields["name"] in DATA, "data", fields["name"], "one of " + ", ".join(DATA))
    config: DataConfig | StreamConfig = build_config(DATA[fields["name"]], fields, "data.")
    if isinstance(config, StreamConfig):
        source: ImageSource = dataclasses.replace(config, crop=model.crop).open(seed, model.resolution)
    else:
        # Image files are stored so large that what the model crops has the size that it takes.
        source = MemorySource(config.load(seed, math.ceil(model.resolution / model.crop)))
    return Opened(source, model.crop / source.crop, _common_names(source.classes, model.classes))


def check_split(source: ImageSource, split: str) -> None:
    """Raises InputError for a split that has no images."""
    there = [name for name in SPLITS if source.count(name)]
    require(split in there, "split", split, f"one that {source.name} has images of: {', '.join(there)}")


def _fields_of_run(folder: Path) -> tuple[dict[str, Any], int]:
    """Returns the fields of `data` in the run's config, {} if there is none, and its seed."""
    for place in (folder, folder.parent):
        try:
            config = json.loads((place / config_file.NAME).read_text(encoding="utf-8"))["config"]
            data, seed = config["data"], config["seed"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(data, Mapping) and isinstance(seed, int):
            return dict(data), seed
    return {}, 0


def _common_names(there: tuple[str, ...], model: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names of the classes; raises InputError unless images and model agree. Numbers are no names."""
    require(len(there) == len(model), "classes of the images", len(there), f"{len(model)}, as many as the model has")
    numbers = tuple(map(str, range(len(model))))
    if numbers in (there, model):
        return model if there == numbers else there
    for number, (image, own) in enumerate(zip(there, model, strict=True)):
        require(image == own, f"class {number} of the images", image, f"{own!r}, as the model names it")
    return model
