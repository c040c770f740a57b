"""SNAS in its authors' setting on CIFAR-10: soft samples at a falling temperature, with a cost; 150 epochs.

    python -m econas_jax.supernet --config configs/snas.py

All training images train both the weights and the architecture. docs/supernet.md tells what differs from the authors'.
Expected: published test errors after retraining of 2.85 % (EcoNAS, Table 2); not reproduced here.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("snas")
    config.data.name = "cifar10"
    config.proxy.epochs = 150
    return config
