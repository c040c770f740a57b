"""A search's best candidates as trained models: the weights that the search kept, in the plain networks they belong to.

Only reads: the search may be running, stopped or finished.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from econas_jax.algorithms import ALGORITHMS
from econas_jax.algorithms.algorithm import Member
from econas_jax.errors import InputError, require, require_integer
from econas_jax.experiment import config_file
from econas_jax.experiment.commit_reading import read_last_commit
from econas_jax.experiment.folder import local_folder
from econas_jax.models.trained_model import TrainedModel
from econas_jax.nn.description import KINDS
from econas_jax.nn.network import NetworkFamily, Variables
from econas_jax.search.config import SearchConfig, from_mapping
from econas_jax.search.result import as_counted
from econas_jax.search.state import SearchState, restored
from econas_jax.search.workdir import CHECKPOINTS
from econas_jax.training.config import ProxyConfig
from econas_jax.training.epoch import Task, init_state
from econas_jax.training.proxy_training import proxy_family
from econas_jax.training.state import TrainState, Vector, from_vectors, vector_size

NO_SEARCH = "the folder of a search, with its config.json"


class _Images(NamedTuple):
    """What a search's folder tells of the images that it trained on."""

    name: str
    classes: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    validation: int  # how many there are to rank by


def load_candidate(run: str | os.PathLike[str], rank: int = 0) -> TrainedModel:
    """Returns one of a search's best candidates, trained as the search left it, ready to evaluate.

    Its network is the plain one of its genotype in the proxy's setting, for images of the proxy's resolution. The
    accuracy is that of the ranking, of the same weights; under `training.accuracy="best"` it is that of a better epoch,
    whose weights no search keeps, and stands in `training` alone.

    Args:
        run: the folder of a search.
        rank: 0 is the best candidate, as the algorithm ranks those of the last commit.

    Raises:
        InputError: a folder that is no search's, or keeps no weights, or none of this rank.
    """
    require_integer("rank", rank, 0)
    folder = local_folder(run, "run")
    config, images = _read_config(folder)
    rungs, settings = config.rungs, [_setting(config, images, training.proxy) for training in config.rungs.trainings]
    state_size = max(vector_size(template) for _, template in settings)  # shorter ones are filled up (`RoutingTrainer`)
    best, state = _read_best(folder, config, state_size, rank + 1)
    member = _chosen(folder, config, best, state, rank)
    place = rungs.training(member.epochs)
    (family, template), proxy = settings[place], rungs.trainings[place].proxy
    variables = _variables(state.kept[member.candidate, member.epochs][: vector_size(template)], template)
    accuracy = as_counted(member.accuracy, images.validation)
    last = config.training.accuracy == "last"
    return TrainedModel(
        description=KINDS[config.space.name](
            genotype=member.genotype,
            channels=proxy.channels,
            cells_per_stage=config.network.cells_per_stage,
            num_classes=len(images.classes),
            compute_dtype=config.network.compute_dtype,
        ),
        variables=family.specialize(variables, member.genotype),
        classes=images.classes,
        resolution=proxy.resolution,
        mean=images.mean,
        std=images.std,
        accuracy={"validation": accuracy} if last else {},
        training={
            "by": f"a search ({config.algorithm} on {config.space.name})",
            "data": images.name,
            "candidate": member.candidate,
            "rank": rank,
            "epochs": member.epochs,
            "seed": config.seed,
            "proxy": str(rungs.full_proxy(member.epochs)),
            "recipe": dataclasses.asdict(config.training),
            **({} if last else {"best_epochs_validation_accuracy": accuracy}),
        },
    )


def _read_config(folder: Path) -> tuple[SearchConfig, _Images]:
    """Reads `config.json`; raises InputError for a folder that is no search's, or does not tell of its images."""
    try:
        described = json.loads((folder / config_file.NAME).read_text(encoding="utf-8"))
        fields = described["config"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError("run", str(folder), NO_SEARCH) from None
    require(isinstance(fields, Mapping) and "search" in fields, "run", str(folder), NO_SEARCH)
    config = from_mapping(fields)
    require(config.table is None, "run", str(folder), "a search that trained its candidates, not one on a table")
    require(config.space.name in KINDS, "space.name", config.space.name, "one of " + ", ".join(KINDS))
    try:
        data = described["data"]
        mean, std = ((float(red), float(green), float(blue)) for red, green, blue in (data["mean"], data["std"]))
        classes, validation = tuple(map(str, data["classes"])), int(data["splits"]["validation"]["images"])
    except (KeyError, TypeError, ValueError):
        allowed = "a search whose config.json tells the classes, mean and std of its images: run its command once more"
        raise InputError("run", str(folder), allowed) from None
    return config, _Images(str(data.get("name")), classes, mean, std, validation)


def _setting(config: SearchConfig, images: _Images, proxy: ProxyConfig) -> tuple[NetworkFamily[Any], TrainState]:
    """Returns the networks of a proxy and the shapes of a candidate's training state."""
    family = proxy_family(config.space, len(images.classes), proxy, config.network, config.lanes)
    task = Task(
        network=family.network,
        config=config.training,
        resolution=proxy.resolution,
        total_epochs=config.search.total_epochs,
        mean=images.mean,
        std=images.std,
        seed=config.seed,
    )
    example = family.encode(config.space.sample(np.random.default_rng(0)))
    shapes: TrainState = jax.eval_shape(lambda: init_state(task, 0, example))
    return family, shapes


def _read_best(
    folder: Path, config: SearchConfig, state_size: int, count: int
) -> tuple[tuple[Member, ...], SearchState]:
    """Returns the ranking of the last commit, at least so many and all that weights are kept of, and the commit."""
    commit = read_last_commit(folder / CHECKPOINTS)
    if commit is None:
        raise InputError("run", str(folder), "a search that has a commit in checkpoints/")
    algorithm = ALGORITHMS[config.algorithm](config.space, config.search, config.seed)
    state = restored(*commit, algorithm, state_size)
    return algorithm.best(state.algorithm, max(count, config.keep_best)), state


def _chosen(folder: Path, config: SearchConfig, best: Sequence[Member], state: SearchState, rank: int) -> Member:
    """Returns the member of a rank; raises InputError where no weights are kept of it."""
    allowed = "a search that has ranked a candidate; its first batch is not over, or every candidate failed"
    require(bool(best), "run", str(folder), allowed)
    kept = [place for place, member in enumerate(best) if (member.candidate, member.epochs) in state.kept]
    allowed = f"a search that keeps the weights of its best: keep_best was {config.keep_best}, or was not there yet"
    require(bool(kept), "run", str(folder), allowed)
    allowed = f"one of {', '.join(map(str, kept))}: the ranks whose weights {folder} keeps (keep_best)"
    require(rank in kept, "rank", rank, allowed)
    return best[rank]


def _variables(vector: Vector, template: TrainState) -> Variables:
    """Returns the variables in a training state: what evaluates, without the optimiser's part."""
    state = jax.tree.map(lambda leaf: leaf[0], from_vectors(vector[None], template))
    return {"params": state.params, "batch_stats": state.batch_stats}
