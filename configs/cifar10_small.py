"""The search of configs/econas.py scaled down to about an hour on two CPU cores, on real CIFAR-10.

    python -m econas_jax.search --config configs/cifar10_small.py --config.data.path=DIR

The same proxy (c4r4, N = 6, batch 384) and the same shape of search; fewer images (s2: a quarter), shorter rungs
(E = 3), smaller populations and 20 cycles: 180 candidates, 300 stages, 900 candidate-epochs.
Duration: 54 minutes measured on two cores of an AMD EPYC with other work beside it.
Expected: with seed 0 and a JPEG copy of CIFAR-10, a best validation accuracy of 42.5 % after 9 epochs; the means of the
three populations rise over the cycles, as in the paper's Figure 10 (benchmarks/results/epyc_zen5/cifar10_small).
"""

from ml_collections import ConfigDict

from econas_jax.search import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.data.name = "cifar10"
    config.proxy.sample_ratio = 0.25  # s2
    config.search.epochs = 3
    config.search.initial_population = 20
    config.search.cycles = 20
    config.search.children = 8  # half of which are promoted to 2E, and half of those to 3E
    config.search.lifetime = 5
    return config
