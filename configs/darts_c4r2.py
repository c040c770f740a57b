"""DARTS, second order, by EcoNAS's proxy c4r2s0: 9 channels and 16x16 images, a tenth of the multiply-adds.

    python -m econas_jax.supernet --config configs/darts_c4r2.py

Everything else as in configs/darts_second_order.py; with `--config.search.second_order=False` as in configs/darts.py.
Expected: a published test error after retraining of 2.80 % for 0.3 GPU days of search (EcoNAS, Table 5); not
reproduced here.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("darts")
    config.data.name = "cifar10"
    config.search.second_order = True
    config.proxy.channels = 9
    config.proxy.resolution = 16
    return config
