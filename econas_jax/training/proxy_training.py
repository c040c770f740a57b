"""Training by a proxy, put together from its config: the networks of a space and the trainer that trains them."""

from __future__ import annotations

from typing import Any

import numpy as np

from econas_jax.data import Dataset, training_subset
from econas_jax.nn import NetworkSettings, network_family
from econas_jax.nn.network import NetworkFamily
from econas_jax.spaces.space import Space
from econas_jax.training.config import NetworkConfig, ProxyConfig, TrainingConfig
from econas_jax.training.devices import Devices
from econas_jax.training.epoch import Task
from econas_jax.training.trainer import Trainer, trainer_for


def proxy_family(
    space: Space[Any], num_classes: int, proxy: ProxyConfig, network: NetworkConfig, lanes: int = 1
) -> NetworkFamily[Any]:
    """Makes the networks of a space in a proxy's setting; raises InputError for settings that make no network."""
    settings = NetworkSettings(
        channels=proxy.channels,
        resolution=proxy.resolution,
        cells_per_stage=network.cells_per_stage,
        num_classes=num_classes,
        compute_dtype=network.compute_dtype,
        branch_free=lanes > 1,
    )
    return network_family(space, settings)


def proxy_training(
    space: Space[Any],
    dataset: Dataset,
    devices: Devices,
    *,
    proxy: ProxyConfig,
    network: NetworkConfig,
    training: TrainingConfig,
    total_epochs: int,
    seed: int,
    subset_seed: int,
    lanes: int = 1,
) -> tuple[NetworkFamily[Any], Trainer]:
    """Makes the networks of a space in a proxy's setting, and their trainer; nothing is compiled yet.

    total_epochs: over which the learning rate falls to 0. seed: of all training. subset_seed: chooses the training
    images that the proxy keeps.
    """
    family = proxy_family(space, dataset.num_classes, proxy, network, lanes)
    task = Task(
        network=family.network,
        config=training,
        resolution=proxy.resolution,
        total_epochs=total_epochs,
        mean=dataset.mean,
        std=dataset.std,
        seed=seed,
    )
    train = training_subset(dataset, proxy.sample_ratio, subset_seed)
    example = family.encode(space.sample(np.random.default_rng(0)))
    return family, trainer_for(task, train, dataset.validation, devices, example, lanes)
