"""How candidates are trained: proxy, macro-net and optimisation, each value a field. No JAX here."""

from __future__ import annotations

import dataclasses
from typing import Literal

from econas_jax.data import Dataset, subset_size
from econas_jax.data.config import Augmentation
from econas_jax.errors import require, require_integer, require_number
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.spaces.proxy import MOST_CELLS_PER_STAGE, MOST_CHANNELS

LARGEST_RESOLUTION = 1024  # pixels a side; an image of more would not fit a program's 32-bit sizes in a batch


@dataclasses.dataclass(frozen=True)
class ProxyConfig:
    """The reduced setting that candidates are trained in (paper, section 3.1); the algorithm has its epochs."""

    channels: int = 9  # c4
    resolution: int = 8  # r4
    sample_ratio: float = 1.0  # s0

    def __post_init__(self) -> None:
        require_integer("proxy.channels", self.channels, 1, MOST_CHANNELS)
        require_integer("proxy.resolution", self.resolution, 4, LARGEST_RESOLUTION)
        # Two reductions halve the map; an odd map would leave a factorized reduce two halves of different sizes.
        allowed = "a multiple of 4: two reduction cells halve the map"
        require(self.resolution % 4 == 0, "proxy.resolution", self.resolution, allowed)
        require_number("proxy.sample_ratio", self.sample_ratio, lambda s: 0 < s <= 1, "a number in (0, 1]")


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The macro-net around the cells (paper, Figure 2), and the type it computes in."""

    cells_per_stage: int = 6  # N; paper, section 5: smaller N is detrimental to the rank consistency
    compute_dtype: ComputeDtype = "float32"  # or bfloat16, on accelerators: activations; what is learnt stays float32

    def __post_init__(self) -> None:
        require_integer("network.cells_per_stage", self.cells_per_stage, 1, MOST_CELLS_PER_STAGE)
        require_compute_dtype("network.compute_dtype", self.compute_dtype)


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Optimisation and augmentation of one candidate (defaults: EcoNAS's released `search/train.py`)."""

    batch_size: int = 384  # the paper, section 4.1: enlarged from 96 for the c4r4s0e60 proxy
    learning_rate: float = 0.1  # of the first step; it falls to 0 by a cosine over the longest training
    momentum: float = 0.9  # of SGD
    weight_decay: float = 3e-4  # added to the gradient after clipping, as torch's SGD does
    gradient_clip: float = 5.0  # largest global norm
    augmentation: Augmentation = Augmentation()
    evaluation_batch_size: int = 500  # validation images at a time; the accuracy does not depend on it
    accuracy: Literal["last", "best"] = "last"  # of a stage's epochs, the one that ranks; released code: the best

    def __post_init__(self) -> None:
        require_integer("training.batch_size", self.batch_size, 2)
        require_integer("training.evaluation_batch_size", self.evaluation_batch_size, 1)
        require(self.accuracy in ("last", "best"), "training.accuracy", self.accuracy, "last or best")
        for name in ("learning_rate", "gradient_clip"):
            require_number(f"training.{name}", getattr(self, name), lambda value: value > 0, "a positive number")
        for name in ("momentum", "weight_decay"):
            require_number(f"training.{name}", getattr(self, name), lambda value: 0 <= value < 1, "a number in [0, 1)")


def check_against_dataset(proxy: ProxyConfig, training: TrainingConfig, dataset: Dataset) -> None:
    """Raises InputError where config and data set, each valid alone, do not go together."""
    images = subset_size(dataset, proxy.sample_ratio)
    batch = training.batch_size
    allowed = f"at most {images}, the training images left by proxy.sample_ratio: lower it, or raise the ratio"
    require(batch <= images, "training.batch_size", batch, allowed)
    allowed = "at least 1 to rank by: set data.validation_size, or give validation images of your own"
    require(len(dataset.validation) > 0, "validation images", len(dataset.validation), allowed)
    padding, size = training.augmentation.crop_padding, dataset.image_size
    require(
        padding < size, "training.augmentation.crop_padding", padding, f"less than the images' size, {size}: lower it"
    )
