"""The price of a lag: EcoNAS with several rounds in flight on equal budgets, 30 seeds, on a table, in a minute.

    python -m econas_jax.tables synthetic table.npz
    python -m econas_jax.compare --config configs/compare_lag.py

A lag fills many devices and costs information: what a round is chosen from is that many rounds old. Budgets are
candidate-epochs, so this is the price in accuracy alone, not what the time saved is worth. The baseline is lag 0, the
paper's order. Behind a colon stands another algorithm that has the field, as in `compare_lag.py:regularized_evolution`.
"""

from ml_collections import ConfigDict

from econas_jax.compare import default_config, default_contender

LAGS = (0, 1, 3, 7)


def get_config(algorithm: str = "econas") -> ConfigDict:
    config = default_config()
    config.contenders = ConfigDict({f"lag_{lag}": default_contender(algorithm) for lag in LAGS})
    for lag in LAGS:
        config.contenders[f"lag_{lag}"].search.lag = lag
    config.baseline = "lag_0"
    config.table = "table.npz"
    config.space = ConfigDict({"name": "nasbench201"})
    config.seeds = 30
    config.budgets = (6_000.0, 12_000.0, 24_000.0, 60_000.0)
    return config
