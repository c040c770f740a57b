"""One-shot search by uniform sampling on the cells of DARTS and CIFAR-10: 1,000 random cells ranked at the end.

    python -m econas_jax.supernet --config configs/one_shot_cells.py

`--config.search.standalone=runs/econas` ranks the candidates of that search by the supernet's weights, too, and tells
how far both ranks agree (Spearman's coefficient in result.json): is weight sharing a proxy, and how good a one?
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("one_shot")
    config.data.name = "cifar10"
    config.proxy.epochs = 150
    return config
