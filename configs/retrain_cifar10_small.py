"""A retraining on real CIFAR-10 that two CPU cores can do: 5 cells, few channels and three epochs.

    python -m econas_jax.retrain --config configs/retrain_cifar10_small.py --config.genotype=DARTS_V2

The recipe of configs/retrain_cifar10.py, but for what only long trainings need: no drop-path and no cutout, and a
higher learning rate. It compares cells at little cost (benchmarks.searches.retrained_cells); accuracies are far from
those of 600 epochs. `configs/retrain_cifar10_small.py:1` trains for one epoch instead of three.
"""

from ml_collections import ConfigDict

from econas_jax.retrain import default_config


def get_config(epochs: str = "3") -> ConfigDict:
    config = default_config()
    config.data.name = "cifar10"
    config.network.channels = 7
    config.network.cells_per_stage = 1
    config.training.epochs = int(epochs)
    config.training.learning_rate = 0.1
    config.training.drop_path_probability = 0.0
    config.training.augmentation.cutout = 0
    return config
