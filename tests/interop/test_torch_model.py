"""A trained model of PyTorch's weights: complete, without the auxiliary head, and read back as it was saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_cases import leaves
from published_outputs import recorded_genotype, recorded_state

from econas_jax.errors import InputError
from econas_jax.interop import as_model, from_torch
from econas_jax.models.trained_model import load_model

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
CLASSES = [f"class {number}" for number in range(10)]


def model(name: str, **changes: Any) -> Any:
    read = from_torch(recorded_state(name), recorded_genotype(name))
    return as_model(read, **{"classes": CLASSES, "mean": MEAN, "std": STD, **changes})


@pytest.mark.parametrize(
    ("name", "resolution", "crop"),
    [("darts_cifar", 32, 1.0), ("darts_imagenet", 224, 0.875), ("econas_cifar", 32, 1.0)],
)
def test_a_model_is_saved_and_loaded(name: str, resolution: int, crop: float, tmp_path: Path) -> None:
    made = model(name, accuracy={"test": 0.974}, training={"source": "quark0/darts"})
    assert (made.resolution, made.crop) == (resolution, crop)
    assert "auxiliary" not in made.variables["params"] and "auxiliary" not in made.variables["batch_stats"]
    made.save(tmp_path)
    loaded = load_model(tmp_path)
    assert loaded.to_json() == made.to_json() and loaded.classes == tuple(CLASSES)
    ours, theirs = leaves(made.variables), leaves(loaded.variables)
    assert all(np.array_equal(ours[path], theirs[path]) for path in ours.keys() | theirs.keys())


def test_other_images_than_the_published_ones() -> None:
    made = model("econas_cifar", resolution=16, crop=0.5)
    assert (made.resolution, made.crop) == (16, 0.5)


def test_another_number_of_classes_is_refused() -> None:
    with pytest.raises(InputError, match=r"^classes = 9: expected 10 names"):
        model("econas_cifar", classes=CLASSES[1:])
