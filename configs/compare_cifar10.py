"""Is the hierarchy worth it, and the proxy? Four searchers with three seeds, really trained, on CIFAR-10.

    python -m econas_jax.compare --config configs/compare_cifar10.py --config.data.path=DIR

EcoNAS, regularized evolution and random search by the proxy c4r4, and regularized evolution by AmoebaNet's, c1r0; all
with N = 2 on a quarter of the training images, for 60 candidate-epochs, as many as 20 candidates take to train in full.
Accuracies of two proxies do not compare, so that the best two candidates of every search are trained in one setting
(configs/retrain_cifar10_small.py), and the better one by validation is tested.
Cost, estimated by the rates in docs/performance.md, on two cores: an epoch of c4r4 takes 1.5 s, and one of c1r0 sixty
times as long, so that its three searches take 4 to 5 hours and the other nine a quarter of one; training the best
takes an hour or two. Equal epochs are not equal cost here: `--config.unit=seconds` compares by that. Not yet run.
"""

from ml_collections import ConfigDict

from econas_jax.compare import default_config, default_contender
from econas_jax.spaces.proxy import Proxy

FULL = 3  # epochs of full training


def get_config() -> ConfigDict:
    config = default_config()
    config.data.name = "cifar10"
    config.seeds = 3
    config.budgets = (30.0, 60.0)
    config.retraining.best = 2
    config.retraining.config = "retrain_cifar10_small"
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
        found.search.update({"epochs": 1, "initial_population": 12, "children": 4, "lifetime": 4})
    elif algorithm == "random":
        found.search.update({"batch": 4, "epochs": FULL})
    else:
        found.search.update({"population": 8, "sample": 3, "candidates": 8, "batch": 4, "epochs": FULL})
    return found
