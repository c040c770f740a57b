"""The networks of a retraining: each choice's description, checked against recipe and images before any training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax

from econas_jax.data.batches import ImageSource
from econas_jax.errors import InputError, require
from econas_jax.nn.chain.description import ChainDescription
from econas_jax.nn.densenet.description import DenseNetDescription
from econas_jax.nn.description import CellNetworkDescription, Description
from econas_jax.nn.nasbench201.description import NasBench201Description
from econas_jax.retrain.choices import Choice
from econas_jax.retrain.config import NetworkConfig, RetrainConfig
from econas_jax.retrain.start import starting_model
from econas_jax.spaces.chain.network import Chain
from econas_jax.spaces.darts.genotype import Genotype as DartsGenotype
from econas_jax.spaces.densenet import DenseNetBC
from econas_jax.spaces.nasbench201.genotype import Genotype as NasBench201Genotype
from econas_jax.training.data_parallel import DataParallelTrainer
from econas_jax.training.network_task import NetworkTask


class Chosen(NamedTuple):
    """A network to train: what was asked for, and what it is."""

    choice: Choice
    description: Description


def chosen_networks(
    choices: Sequence[Choice], config: RetrainConfig, source: ImageSource, devices: Sequence[jax.Device]
) -> tuple[Chosen, ...]:
    """Describes all networks; raises InputError for the first that cannot be trained as the config says."""
    networks = tuple(Chosen(choice, described(choice, config, len(source.classes))) for choice in choices)
    for choice, description in networks:
        trainer = trainer_of(description, config, source, devices)
        try:
            trainer.shapes()
        except InputError as error:  # the network does not know where its images come from
            raise InputError("resolution", trainer.task.resolution, error.allowed) from None
        if config.start == "search":
            starting_model(choice, description)
    return networks


def described(choice: Choice, config: RetrainConfig, num_classes: int) -> Description:
    """Returns the description of a choice's network; raises InputError where the config does not fit its kind."""
    genotype, network = choice.genotype, config.network
    description = _MAKERS[type(genotype)](genotype, network, num_classes)
    if not description.drops_paths:
        probability = config.training.drop_path_probability
        allowed = f"0, since a network of {description.kind} has no drop-path"
        require(probability == 0, "training.drop_path_probability", probability, allowed)
    try:
        description.build(auxiliary=network.auxiliary)
    except InputError as error:
        raise InputError(f"network.{error.field}", error.value, error.allowed) from None
    return description


def trainer_of(
    description: Description, config: RetrainConfig, source: ImageSource, devices: Sequence[jax.Device]
) -> DataParallelTrainer:
    """Returns the trainer of one network; nothing is compiled yet."""
    network = description.build(auxiliary=config.network.auxiliary)
    resolution = config.resolution or source.image_size
    task = NetworkTask(network, config.training, resolution, source.mean, source.std, config.seed)
    return DataParallelTrainer(task, devices)


def _cells(genotype: DartsGenotype, network: NetworkConfig, num_classes: int) -> Description:
    sizes = (network.channels, network.cells_per_stage, num_classes, network.stem, network.compute_dtype)
    return CellNetworkDescription(genotype, *sizes)


def _nasbench201(genotype: NasBench201Genotype, network: NetworkConfig, num_classes: int) -> Description:
    require(network.stem == "cifar", "network.stem", network.stem, "cifar, the one stem of nasbench201")
    sizes = (network.channels, network.cells_per_stage, num_classes, network.compute_dtype)
    return NasBench201Description(genotype, *sizes)


def _densenet(architecture: DenseNetBC, network: NetworkConfig, num_classes: int) -> Description:
    require(network.stem == "cifar", "network.stem", network.stem, "cifar, the one stem of a DenseNet-BC")
    return DenseNetDescription(architecture.depth, architecture.growth, num_classes, network.compute_dtype)


def _chain(chain: Chain, network: NetworkConfig, num_classes: int) -> Description:
    return ChainDescription(chain, num_classes, network.compute_dtype)  # all other sizes are in its text


_MAKERS: Mapping[type, Callable[[Any, NetworkConfig, int], Description]] = {
    DartsGenotype: _cells,
    NasBench201Genotype: _nasbench201,
    DenseNetBC: _densenet,
    Chain: _chain,
}
