"""AmoebaNet's evolution on CIFAR-10 (Real et al., AAAI 2019) with the proxy of EcoNAS, c4r4s0e60 (paper, section 5.2).

    python -m econas_jax.search --config configs/regularized_evolution.py --config.data.path=DIR

The paper's Table 4 compares this evolution, with old and new proxies, with EcoNAS's hierarchical one: 1,000 candidates
of 60 epochs are as many candidate-epochs as EcoNAS spends on 1,650. Data: as for configs/econas.py.
Cost: 60,000 candidate-epochs. Not yet run to its end with this library.
"""

from ml_collections import ConfigDict

from econas_jax.search import default_config


def get_config() -> ConfigDict:
    config = default_config("regularized_evolution")
    config.data.name = "cifar10"
    config.proxy.channels = 9  # c4
    config.proxy.resolution = 8  # r4
    config.proxy.sample_ratio = 1.0  # s0
    config.network.cells_per_stage = 6  # N
    config.training.batch_size = 384
    config.search.epochs = 60
    config.search.population = 100  # P
    config.search.sample = 25  # S
    config.search.in_flight = 20
    config.search.candidates = 1000
    config.search.skip_repeats = True
    return config
