"""DARTS, first order, in its own setting on CIFAR-10: 16 channels, 8 cells, 50 epochs.

    python -m econas_jax.supernet --config configs/darts.py

`--config.genotype=runs/darts/result.json` retrains the cell by configs/retrain_cifar10.py. Half of the 50,000 training
images train the weights, the other half the architecture. As the authors do, search with several seeds, retrain each
cell, and choose by validation images: a supernet's own accuracy does not rank cells.
Expected: published test errors after retraining of 3.00 % (EcoNAS, Table 5); not reproduced here.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("darts")
    config.data.name = "cifar10"
    return config
