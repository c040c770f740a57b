"""A whole search in a moment, on a table of accuracies in place of training, in the space of NAS-Bench-201.

    python -m econas_jax.tables synthetic table.npz
    python -m econas_jax.search --config configs/table.py

The first command makes a synthetic table up, which says nothing about real networks; `econas-jax table csv` makes one
of your own results, and `--config.table=FILE` names it. Any algorithm is named behind a colon, as in
`configs/table.py:asha`; each has its defaults, of about 60,000 candidate-epochs. Seconds are simulated, those of eight
workers. Expected with the synthetic table: a best validation accuracy of 94 to 95 %.
"""

from ml_collections import ConfigDict

from econas_jax.search import default_config


def get_config(algorithm: str = "regularized_evolution") -> ConfigDict:
    config = default_config(algorithm, space="nasbench201")
    config.table = "table.npz"
    config.devices = 8
    if algorithm == "regularized_evolution":
        config.search.candidates = 1000
        config.search.epochs = 60
    return config
