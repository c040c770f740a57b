"""The one place where a path becomes a trained model, wherever the model is from: a search, a retraining, a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from econas_jax.errors import require
from econas_jax.experiment import config_file
from econas_jax.models.locate import NETWORK, model_folder
from econas_jax.models.trained_model import TrainedModel, load_model
from econas_jax.search.candidate import load_candidate


class FoundModel(NamedTuple):
    """A model, and the folder that it belongs to: of the search, of the network in a retraining, or its own."""

    model: TrainedModel
    folder: Path
    rank: int | None  # among the best of a search; None: the model is from no search


def find_model(path: Path, *, rank: int | None = None, network: int | None = None) -> FoundModel:
    """Returns the trained model that a path leads to.

    Args:
        path: the folder of a search, of a retraining run, of one of its networks, or of a trained model.
        rank: which of a search's best candidates, 0 (None) being the best.
        network: which of a retraining run's networks, by number; None: the best.

    Raises:
        InputError: no trained model there, or a choice among what is not there.
    """
    if is_search(path):
        allowed = f"nothing: {path} is a search, whose candidates rank chooses among"
        require(network is None, "network", network, allowed)
        return FoundModel(load_candidate(path, rank or 0), path, rank or 0)
    require(rank is None, "rank", rank, f"nothing: {path} is no search; network chooses among a retraining's networks")
    folder = model_folder(path, network)
    of_a_run = folder.parent.name.startswith(NETWORK)
    return FoundModel(load_model(folder), folder.parent if of_a_run else folder, None)


def is_search(path: Path) -> bool:
    """Says whether a folder is that of a search, finished or not."""
    try:
        described = json.loads((path / config_file.NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    config = described.get("config") if isinstance(described, dict) else None
    return isinstance(config, dict) and "search" in config
