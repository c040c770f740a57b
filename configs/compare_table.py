"""Every search algorithm with 30 seeds on equal budgets, on a table of accuracies in place of training, in minutes.

    python -m econas_jax.tables synthetic table.npz
    python -m econas_jax.compare --config configs/compare_table.py

The first command makes a synthetic table up, which says nothing about real networks; `--config.table=FILE` names one of
your own results (`econas-jax table csv`). Budgets are candidate-epochs, as many as 25, 50, 100 and 200 full trainings
take, for the space is small. Behind a colon they are seconds of training instead, as in
`configs/compare_table.py:seconds`. Algorithms have their defaults, which were made for 60,000 candidate-epochs, but for
smaller populations of the evolutions.
"""

from ml_collections import ConfigDict

from econas_jax.algorithms import ALGORITHMS
from econas_jax.compare import default_config

EPOCHS = 60  # of full training


def get_config(unit: str = "epochs") -> ConfigDict:
    config = default_config(*ALGORITHMS)
    config.table = "table.npz"
    config.space = ConfigDict({"name": "nasbench201"})
    config.seeds = 30
    config.unit = unit
    config.budgets = tuple(float(EPOCHS * full * (1 if unit == "epochs" else 2)) for full in (25, 50, 100, 200))
    evolution = config.contenders.regularized_evolution.search
    evolution.epochs = EPOCHS
    evolution.population = 50
    evolution.sample = 10
    evolution.skip_repeats = True
    hierarchical = config.contenders.hierarchical_evolution.search
    hierarchical.population = 50
    hierarchical.sample = 10
    return config
