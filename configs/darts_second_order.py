"""DARTS, second order, on CIFAR-10: the architecture looks one step of the weights ahead.

    python -m econas_jax.supernet --config configs/darts_second_order.py

As configs/darts.py, with five passes through the network a step instead of two. The product of a mixed Hessian and a
vector comes from two gradients, as published; `--config.search.product=exact` differentiates instead.
Expected: published test errors after retraining of 2.76 % (EcoNAS, Table 5); not reproduced here.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("darts")
    config.data.name = "cifar10"
    config.search.second_order = True
    return config
