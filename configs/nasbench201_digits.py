"""A search in the space of NAS-Bench-201 (15,625 cells of six edges) in minutes on a laptop, on scikit-learn's digits.

    python -m econas_jax.search --config configs/nasbench201_digits.py

Space: Dong and Yang, "NAS-Bench-201" (ICLR 2020): four nodes, six fixed edges, five operations. Algorithm: regularized
evolution (Real et al. 2019), one of `econas`, `regularized_evolution` and `random`, named behind a colon.
Small networks: 8 channels, N = 1, that is 3 cells. The network that trains all cells is compiled once.
"""

from ml_collections import ConfigDict

from econas_jax.search import default_config


def get_config(algorithm: str = "regularized_evolution") -> ConfigDict:
    config = default_config(algorithm, space="nasbench201")
    config.data.name = "digits"
    config.proxy.channels = 8
    config.proxy.resolution = 8
    config.network.cells_per_stage = 1
    config.training.batch_size = 32
    config.training.augmentation.crop_padding = 1
    config.training.augmentation.flip = False
    if algorithm == "econas":
        config.search.epochs = 2
        config.search.initial_population = 8
        config.search.cycles = 6
        config.search.children = 4  # half of which are promoted to 2E, and half of those to 3E
        return config
    config.search.epochs = 6
    config.search.candidates = 48
    config.search.in_flight = 4
    if algorithm == "regularized_evolution":
        config.search.population = 16
        config.search.sample = 4
    return config
