"""Where candidates are trained: fields that a search, a study and a comparison share. No JAX and no Ray here."""

from __future__ import annotations

import dataclasses
import re
from typing import Literal

from econas_jax.errors import require, require_number


@dataclasses.dataclass(frozen=True)
class TrainerConfig:
    """Where candidates are trained: on the devices of this machine, or on those of a Ray cluster."""

    name: Literal["auto", "ray"] = "auto"  # auto: this machine's devices; ray: a cluster's, and the fields below count
    address: str = "auto"  # host:port of the cluster's head; auto: of the one this machine is in; local: one made here
    mixed: bool = False  # whether devices of different kinds may train side by side; they round differently
    wait_seconds: float = 600.0  # without any device, after which the command stops; it can go on later
    lease_seconds: float = 3600.0  # without a finished epoch, after which a device is given up; its jobs go elsewhere

    def __post_init__(self) -> None:
        require(self.name in ("auto", "ray"), "trainer.name", self.name, "auto or ray")
        known = isinstance(self.address, str) and re.fullmatch(r"auto|local|[^\s/]+:\d{1,5}", self.address) is not None
        require(known, "trainer.address", self.address, "auto, local, or host:port of the cluster's head")
        require(isinstance(self.mixed, bool), "trainer.mixed", self.mixed, "True or False")
        for name in ("wait_seconds", "lease_seconds"):
            require_number(f"trainer.{name}", getattr(self, name), lambda value: value > 0, "a positive number")


# None of them changes a number: an experiment may go on with others.
TRAINER_FIELDS = tuple(f"trainer.{field.name}" for field in dataclasses.fields(TrainerConfig))
