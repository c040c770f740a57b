"""SMASH on the cells of DARTS and CIFAR-10: a hypernetwork makes the 1x1 kernels of random cells; 100 epochs.

    python -m econas_jax.supernet --config configs/smash.py

At the end 500 random cells are ranked by their accuracy with the kernels that are made for them, then 100
perturbations of the best and 100 steps from the best so far. Rates of the hypernetwork, epochs, batches and weight
decay are the authors'; docs/supernet.md tells what differs.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("smash")
    config.data.name = "cifar10"
    config.proxy.epochs = 100
    config.training.batch_size = 50
    config.training.schedule = "step"
    config.training.final_learning_rate = 0.0
    config.training.weight_decay = 1e-4
    return config
