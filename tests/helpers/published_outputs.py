"""What `benchmarks/peers/published_outputs.py` recorded of the published PyTorch networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import drawn_values
from econas_jax import Genotype

FOLDER = Path(__file__).resolve().parents[1] / "data" / "published_outputs"


def recorded_outputs(name: str) -> dict[str, Any]:
    """name: econas_cifar, darts_cifar or darts_imagenet."""
    made: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return made


def recorded_genotype(name: str) -> Genotype:
    return Genotype.parse(recorded_outputs(name)["genotype"])


def recorded_state(name: str) -> dict[str, np.ndarray]:
    """The state dict that the network had."""
    entries = recorded_outputs(name)["entries"]
    return {entry: drawn_values.weights(entry, tuple(shape)) for entry, (shape, *_) in entries.items()}
