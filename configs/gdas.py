"""GDAS in its authors' setting on CIFAR-10: one sampled operation an edge at a time, 6 cells, 250 epochs.

    python -m econas_jax.supernet --config configs/gdas.py

docs/supernet.md tells what differs from the authors' code. Not reproduced here: the authors report test errors of
about 2.9 % after retraining.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("gdas")
    config.data.name = "cifar10"
    config.proxy.epochs = 250
    config.network.cells = 6
    config.training.batch_size = 256
    config.training.schedule = "step"
    config.training.nesterov = True
    config.training.weight_decay = 5e-4
    return config
