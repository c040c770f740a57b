"""Is the hierarchy worth it? Three searchers by one proxy, with three seeds, really trained, on CIFAR-10.

    python -m econas_jax.compare --config configs/compare_cifar10_small.py --config.data.path=DIR

EcoNAS, regularized evolution and random search by the proxy c4r4 with N = 2, on a quarter of the training images, for
90 candidate-epochs: as many as 30 candidates take to train in full, which is few for any searcher. Nothing is
retrained: all three rank by validation accuracies of one setting.
Cost: nine searches of about three minutes each on one core of an AMD EPYC. Its outcome:
benchmarks/results/epyc_zen4/compare_cifar10_small.
"""

from typing import Any

from ml_collections import ConfigDict

from econas_jax.compare import default_config
from econas_jax.spaces.proxy import Proxy

FULL = 3  # epochs of full training
PROXY = Proxy.parse(f"c4r4s2e{FULL}")
FIELDS: dict[str, dict[str, Any]] = {
    "econas": {"epochs": 1, "initial_population": 9, "children": 4, "lifetime": 4},
    "regularized_evolution": {"population": 6, "sample": 3, "candidates": 6, "batch": 3, "epochs": FULL},
    "random": {"batch": 3, "epochs": FULL},
}


def get_config() -> ConfigDict:
    config = default_config(*FIELDS)
    config.data.name = "cifar10"
    config.seeds = 3
    config.budgets = (15.0, 30.0, 45.0, 90.0)
    for contender in config.contenders.values():
        contender.proxy.channels = PROXY.channels
        contender.proxy.resolution = PROXY.resolution
        contender.proxy.sample_ratio = PROXY.sample_ratio
        contender.network.cells_per_stage = 2
        contender.training.batch_size = 96
        contender.search.update(FIELDS[contender.algorithm])
    return config
