"""Finds the trained model in a folder: its own, that of a network that was retrained, or that of the whole run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError, require
from econas_jax.models.trained_model import MODEL_FILE, TrainedModel, load_model

MODEL_FOLDER = "model"  # within a network's folder
NETWORK = "network_"  # begins the names of the networks' folders within a run's
SPLITS = ("validation", "test", "train")  # by whose accuracy networks are compared, the first that all of them have


def locate_model(path: Path, network: int | None = None) -> TrainedModel:
    """Returns the trained model that a path leads to.

    path: a folder of a trained model, of a network that a retraining run trained, or of the run. network: which of a
    run's networks, by the number in its name; None: the best. Raises InputError where there is no trained model.
    """
    return load_model(model_folder(path, network))


def model_folder(path: Path, network: int | None = None) -> Path:
    """Returns the folder that holds the trained model; see `locate_model`."""
    if network is None:
        for folder in (path, path / MODEL_FOLDER):
            if (folder / MODEL_FILE).is_file():
                return folder
    found = _networks(path)
    allowed = "a trained model's folder, or a retraining run's with a network that is trained to the end"
    require(bool(found), "model", str(path), allowed)
    if network is None:
        return max(found.values(), key=_goodness(found))
    require(network in found, "network", network, f"one that is trained to the end: {', '.join(map(str, found))}")
    return found[network]


def _networks(run: Path) -> dict[int, Path]:
    """Returns the folders of a run's finished models by the networks' numbers, in their order."""
    found = {}
    for folder in run.glob(f"{NETWORK}*"):
        number = folder.name.removeprefix(NETWORK)
        if number.isdecimal() and (folder / MODEL_FOLDER / MODEL_FILE).is_file():
            found[int(number)] = folder / MODEL_FOLDER
    return dict(sorted(found.items()))


def _goodness(found: dict[int, Path]) -> Any:
    """Returns a key by which the best of the folders is the largest; equal ones are in the order of the run."""
    accuracies = {folder: _accuracy(folder) for folder in found.values()}
    split = next((name for name in SPLITS if all(name in accuracy for accuracy in accuracies.values())), None)

    def goodness(folder: Path) -> float:
        value = accuracies[folder].get(split, 0.0) if split else 0.0
        return -math.inf if math.isnan(value) else value

    return goodness


def _accuracy(folder: Path) -> dict[str, float]:
    try:
        fields = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
        return {name: float(value) for name, value in fields["accuracy"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError("model", str(folder), f"a folder that holds a whole trained model ({error})") from None
