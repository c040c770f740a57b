"""How candidates are trained: the released code's values, each a field."""

from __future__ import annotations

import dataclasses
from typing import Literal

from econas_jax.data.config import Augmentation
from econas_jax.errors import require, require_integer, require_number


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
