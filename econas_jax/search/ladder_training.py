"""The training of a search's candidates, put together from its config: networks and a trainer for each proxy."""

from __future__ import annotations

from econas_jax.data import Dataset, subset_size
from econas_jax.errors import InputError
from econas_jax.search.config import SearchConfig
from econas_jax.search.ladder import Ladder, Setting
from econas_jax.training import Devices, Trainer
from econas_jax.training.config import check_against_dataset
from econas_jax.training.proxy_text import proxy_text
from econas_jax.training.proxy_training import proxy_training
from econas_jax.training.routing import RoutingTrainer
from econas_jax.training.trainer import share_devices


def check_rungs(config: SearchConfig, dataset: Dataset) -> None:
    """Raises InputError where the proxy of a rung and the data set, each valid alone, do not go together."""
    for rung in config.rungs.trainings:
        try:
            check_against_dataset(rung.proxy, config.training, dataset)
        except InputError as error:
            where = f" (by {proxy_text(rung.proxy)}, of search.proxies)" if len(config.rungs.trainings) > 1 else ""
            raise InputError(error.field, error.value, f"{error.allowed}{where}") from None


def ladder_training(config: SearchConfig, dataset: Dataset, devices: Devices) -> tuple[Ladder, Trainer]:
    """Makes the networks of every rung and what trains them; nothing is compiled yet.

    Rungs that differ in nothing share a trainer, and where all do it is the trainer of a search without rungs.
    """
    rungs = config.rungs
    several = len(rungs.trainings) > 1
    settings, trainers = [], []
    for training in rungs.trainings:
        family, trainer = proxy_training(
            config.space,
            dataset,
            devices,
            proxy=training.proxy,
            network=config.network,
            training=config.training,
            total_epochs=config.search.total_epochs,
            seed=training.seed(config.seed),
            subset_seed=config.seed,
            lanes=config.lanes,
        )
        trainers.append(trainer)
        batch = config.training.batch_size
        images = subset_size(dataset, training.proxy.sample_ratio) // batch * batch
        settings.append(Setting(family, proxy_text(training.proxy), images) if several else Setting(family))
    if not several:
        return Ladder(rungs, settings), trainers[0]
    trainers = list(share_devices(trainers, devices))
    return Ladder(rungs, settings), RoutingTrainer(trainers, lambda job: rungs.training(job.end_epoch))
