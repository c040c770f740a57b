"""Is the hierarchy worth it, and the proxy? Four searchers with three seeds, really trained, on CIFAR-10.

    python -m econas_jax.compare --config configs/compare_cifar10.py --config.data.path=DIR

EcoNAS, regularized evolution and random search by the proxy c4r4, and regularized evolution by AmoebaNet's, c1r0; all
with N = 2 on a quarter of the training images, for 18 candidate-epochs, as many as six candidates take in full.
Accuracies of two proxies do not compare, so that the best candidate of every search is trained in one setting for one
epoch (configs/retrain_cifar10_small.py:1) and tested.
Cost: on one core of an AMD EPYC half an hour for each of the three searches by c1r0, half a minute for each of the nine
others, and three minutes for each retraining. Equal epochs are not equal cost here: `--config.unit=seconds` compares by
that. Its outcome: benchmarks/results/epyc_zen5/compare_cifar10.
"""

from ml_collections import ConfigDict

from econas_jax.compare import default_config, default_contender
from econas_jax.spaces.proxy import Proxy

FULL = 3  # epochs of full training


def get_config() -> ConfigDict:
    config = default_config()
    config.data.name = "cifar10"
    config.seeds = 3
    config.budgets = (9.0, 18.0)
    config.retraining.best = 1
    config.retraining.config = "retrain_cifar10_small:1"
    config.contenders = ConfigDict(
        {
            "econas": contender("econas", "c4r4s2e3"),
            "evolution_c4r4": contender("regularized_evolution", "c4r4s2e3"),
            "evolution_amoebanet": contender("regularized_evolution", "c1r0s2e3"),
            "random": contender("random", "c4r4s2e3"),
        }
    )
    return config


def contender(algorithm: str, proxy_name: str) -> ConfigDict:
    """Returns an algorithm on a proxy, with fields for a short search."""
    proxy, found = Proxy.parse(proxy_name), default_contender(algorithm)
    found.proxy.channels = proxy.channels
    found.proxy.resolution = proxy.resolution
    found.proxy.sample_ratio = proxy.sample_ratio
    found.network.cells_per_stage = 2
    found.training.batch_size = 96  # the original one: 117 steps an epoch
    if algorithm == "econas":
        found.search.update({"epochs": 1, "initial_population": 6, "children": 4, "lifetime": 4})
    elif algorithm == "random":
        found.search.update({"batch": 2, "epochs": FULL})
    else:
        found.search.update({"population": 4, "sample": 2, "candidates": 4, "batch": 2, "epochs": FULL})
    return found
