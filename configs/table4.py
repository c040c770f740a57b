"""Evolution with old and new proxies, with and without the hierarchy: the five rows of the paper's Table 4, CIFAR-10.

    python -m econas_jax.search --config configs/table4.py:c4r4s0e60_hierarchical --config.data.path=DIR

Rows, named behind the colon, with the paper's cost in GPU days and test error after retraining:

    amoebanet                3150 days  3.34 %   AmoebaNet's proxy c1r0s0e25, N = 2
    c4r4s0e35                  12 days  2.94 %
    nasnet_hierarchical        21 days  3.20 %   NASNet's proxy c0r0s0e20, N = 2, with E, 2E and 3E
    c3r2s1e60_hierarchical     12 days  2.85 %
    c4r4s0e60_hierarchical      8 days  2.60 %

Section 5.2: c4r4s0e35 and c4r4s0e60 train the same number of models, 1,000, for the same number of epochs, 35,000,
without and with the hierarchy; the other hierarchical rows are taken to train 1,000, too. The row of AmoebaNet is the
published search, of 20,000 models (section 5.3); `--config.search.candidates=1000` gives it as many as the others.
Ours are: E = 7 for NASNet's 20 epochs, which are no three equal parts; how parents of unequal training are compared,
which the paper does not say (`hierarchical_evolution`); population, sample and copies, which are AmoebaNet's.
Data: as for configs/econas.py. Not yet run to its end with this library.
"""

from ml_collections import ConfigDict

from econas_jax.search import default_config
from econas_jax.spaces.proxy import Proxy

# By row: the proxy, N, whether with the hierarchy, and the number of models.
ROWS = {
    "amoebanet": ("c1r0s0e25", 2, False, 20_000),
    "c4r4s0e35": ("c4r4s0e35", 6, False, 1_000),
    "nasnet_hierarchical": ("c0r0s0e20", 2, True, 1_000),
    "c3r2s1e60_hierarchical": ("c3r2s1e60", 6, True, 1_000),
    "c4r4s0e60_hierarchical": ("c4r4s0e60", 6, True, 1_000),
}


def get_config(row: str = "c4r4s0e60_hierarchical") -> ConfigDict:
    name, cells_per_stage, hierarchical, models = ROWS[row]
    proxy = Proxy.parse(name)
    config = default_config("hierarchical_evolution" if hierarchical else "regularized_evolution")
    config.data.name = "cifar10"
    config.proxy.channels = proxy.channels
    config.proxy.resolution = proxy.resolution
    config.proxy.sample_ratio = proxy.sample_ratio
    config.network.cells_per_stage = cells_per_stage
    config.training.batch_size = 384
    config.search.population = 100  # P
    config.search.sample = 25  # S
    config.search.identity_probability = 0.05
    config.search.skip_repeats = False
    config.search.candidates = models
    if hierarchical:
        config.search.epochs = -(-proxy.epochs // 3)  # E
        config.search.batch = 16
        config.search.promotions_to_2e = 8
        config.search.promotions_to_3e = 4  # so that a model takes 35 epochs on average where E = 20
    else:
        config.search.epochs = proxy.epochs
        config.search.batch = 20
    return config
