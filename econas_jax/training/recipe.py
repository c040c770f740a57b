"""How one network is trained for its own sake: every value of the recipe a field. No JAX here."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from econas_jax.data.config import Augmentation
from econas_jax.errors import require, require_integer, require_number

Schedule = Literal["cosine", "exponential", "linear", "steps"]
Statistics = Literal["global", "per-device"]


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Optimisation, regularisation and augmentation (defaults: DARTS on CIFAR-10, `cnn/train.py --cutout`)."""

    epochs: int = 600  # of the whole training
    batch_size: int = 96  # of all devices together
    short_batch: bool = True  # an epoch ends with the images that do not fill a batch; False: they sit it out
    learning_rate: float = 0.025  # of SGD, where the schedule begins
    schedule: Schedule = "cosine"  # of the rate, epoch by epoch: cosine or linear to 0, exponential, or in steps
    decay: float = 0.97  # exponential, steps: what the rate is multiplied by after every epoch, or at each step
    step_epochs: tuple[int, ...] = ()  # steps only: the epochs, from 0, with which the rate is multiplied
    warmup_epochs: int = 0  # the first of them, in which a part of the scheduled rate is taken that grows to the whole
    momentum: float = 0.9  # of SGD
    nesterov: bool = False  # Nesterov's momentum, as torch's SGD has it
    weight_decay: float = 3e-4  # added to the gradient of all parameters after clipping, as torch's SGD does
    gradient_clip: float | None = 5.0  # largest global norm; None: any
    drop_path_probability: float = 0.2  # grows as p * epoch / epochs: 0 in epoch 0 (on ImageNet: 0)
    auxiliary_weight: float = 0.4  # of the auxiliary head's loss, where the network has that head
    label_smoothing: float = 0.0  # in both losses, not in evaluations (on ImageNet: 0.1)
    augmentation: Augmentation = Augmentation(cutout=16)
    evaluation_batch_size: int = 500  # images at a time; the accuracy does not depend on it
    statistics: Statistics = "global"  # of normalisations: over the whole batch, or over each device's share of it
    # Batches over which running statistics are averaged anew after the last epoch; 0: they stay, as published.
    recalibration_batches: int = 0

    def __post_init__(self) -> None:
        require_integer("training.epochs", self.epochs, 1)
        require_integer("training.batch_size", self.batch_size, 2)
        require_integer("training.evaluation_batch_size", self.evaluation_batch_size, 1)
        require_integer("training.recalibration_batches", self.recalibration_batches, 0)
        require_integer("training.warmup_epochs", self.warmup_epochs, 0, self.epochs - 1)
        for name in ("short_batch", "nesterov"):
            require(isinstance(getattr(self, name), bool), f"training.{name}", getattr(self, name), "True or False")
        for epoch in self.step_epochs:
            require_integer("training.step_epochs", epoch, 1)
        stepped = (self.schedule == "steps") == bool(self.step_epochs)
        require(stepped, "training.step_epochs", self.step_epochs, "epochs for the schedule steps, none for another")
        for name, choices in (("schedule", get_args(Schedule)), ("statistics", get_args(Statistics))):
            value = getattr(self, name)
            require(value in choices, f"training.{name}", value, " or ".join(choices))
        positive = {"learning_rate": self.learning_rate}
        if self.gradient_clip is not None:
            positive["gradient_clip"] = self.gradient_clip
        for name, value in positive.items():
            require_number(f"training.{name}", value, lambda value: value > 0, "a positive number")
        for name in ("momentum", "weight_decay", "drop_path_probability", "label_smoothing"):
            require_number(f"training.{name}", getattr(self, name), lambda value: 0 <= value < 1, "a number in [0, 1)")
        require_number("training.auxiliary_weight", self.auxiliary_weight, lambda value: value >= 0, "0 or more")
        require_number("training.decay", self.decay, lambda value: 0 < value <= 1, "a number in (0, 1]")
