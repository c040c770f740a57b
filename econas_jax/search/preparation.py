"""What a search needs before its first wave, made from its config: algorithm, trainer and recorder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from econas_jax.algorithms import ALGORITHMS, EcoNAS
from econas_jax.data import training_subset
from econas_jax.nn import SearchNetwork
from econas_jax.search.config import SearchConfig, check_against_dataset
from econas_jax.search.progress import Reporter
from econas_jax.search.records import Recorder
from econas_jax.search.workdir import Workdir
from econas_jax.training import Task, Trainer, trainer_for
from econas_jax.training.compile import compilation_cache
from econas_jax.training.devices import advice, set_up


class Prepared(NamedTuple):
    """The parts that depend on the config and the data set alone."""

    algorithm: EcoNAS
    trainer: Trainer
    recorder: Recorder


def prepare(config: SearchConfig, files: Workdir, reporter: Reporter) -> Prepared:
    """Loads the data, checks the config against it, and opens the workdir; raises InputError where they do not fit."""
    compilation_cache.set_up()
    devices = set_up(config.devices, config.network.compute_dtype)
    if told := advice(devices[0].platform, config.lanes):
        reporter.say(told)
    with reporter.doing(f"loading {config.data.name}"):
        dataset = config.data.load(config.seed)
    check_against_dataset(config, dataset)
    files.open(config)  # not before: a config that fits no data set must not claim the folder
    space = config.space
    network = SearchNetwork(
        config.proxy.channels,
        config.network.cells_per_stage,
        dataset.num_classes,
        nodes=space.nodes,
        branch_free=config.lanes > 1,
        compute_dtype=config.network.compute_dtype,
    )
    task = Task(
        network=network,
        config=config.training,
        resolution=config.proxy.resolution,
        total_epochs=3 * config.search.epochs,
        mean=dataset.mean,
        std=dataset.std,
        seed=config.seed,
    )
    train = training_subset(dataset, config.proxy.sample_ratio, config.seed)
    example = space.sample(np.random.default_rng(0))
    trainer = trainer_for(task, train, dataset.validation, devices, example, config.lanes)
    recorder = Recorder(network.channels, network.cells_per_stage, network.num_classes, config.proxy.resolution)
    return Prepared(ALGORITHMS[config.algorithm](space, config.search, config.seed), trainer, recorder)
