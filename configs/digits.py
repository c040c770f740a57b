"""A complete search in minutes on a laptop, on the 1,797 real 8x8 images that come with scikit-learn.

    python -m econas_jax.search --config configs/digits.py

Every part of EcoNAS at work (initial population, children, both promotions, deaths; paper, section 4.2) on small
networks: 8 channels, N = 1, that is 5 cells. Any other algorithm, for about as many epochs, is named behind a colon, as
in `configs/digits.py:regularized_evolution` or `configs/digits.py:asha`.
Duration: a minute and a half measured on two cores of an AMD EPYC. Expected: a best validation accuracy of 98 to 99 %.
"""

from ml_collections import ConfigDict

from econas_jax.search import default_config


def get_config(algorithm: str = "econas") -> ConfigDict:
    config = default_config(algorithm)
    config.data.name = "digits"
    config.proxy.channels = 8
    config.proxy.resolution = 8  # the images as they are
    config.network.cells_per_stage = 1
    config.training.batch_size = 32
    config.training.augmentation.crop_padding = 1
    config.training.augmentation.flip = False  # a mirrored digit is another sign
    config.search = SEARCH[algorithm](config.search)
    return config


def econas(search: ConfigDict) -> ConfigDict:
    search.epochs = 3
    search.initial_population = 16
    search.cycles = 12
    search.children = 8  # half of which are promoted to 2E, and half of those to 3E
    search.lifetime = 4
    return search


def regularized_evolution(search: ConfigDict) -> ConfigDict:
    search.epochs = 9
    search.population = 16
    search.sample = 4
    search.in_flight = 4
    search.candidates = 60
    return search


def random(search: ConfigDict) -> ConfigDict:
    search.epochs = 9
    search.in_flight = 4
    search.candidates = 60
    return search


def hierarchical_evolution(search: ConfigDict) -> ConfigDict:
    search.epochs = 3
    search.population = 16
    search.sample = 4
    search.in_flight = 8
    search.candidates = 112
    search.promotions_to_2e = 4
    search.promotions_to_3e = 2
    return search


def successive_halving(search: ConfigDict) -> ConfigDict:
    search.maximum_epochs = 9  # rungs of 1, 3 and 9 epochs
    search.candidates = 27
    search.repetitions = 8
    return search


def hyperband(search: ConfigDict) -> ConfigDict:
    search.maximum_epochs = 9
    search.repetitions = 7
    return search


def asha(search: ConfigDict) -> ConfigDict:
    search.maximum_epochs = 9
    search.in_flight = 8
    search.rounds = 36
    return search


def local_search(search: ConfigDict) -> ConfigDict:
    search.epochs = 9
    search.starts = 12
    search.in_flight = 8
    search.rounds = 6
    return search


SEARCH = {
    "econas": econas,
    "regularized_evolution": regularized_evolution,
    "random": random,
    "hierarchical_evolution": hierarchical_evolution,
    "successive_halving": successive_halving,
    "hyperband": hyperband,
    "asha": asha,
    "local_search": local_search,
}
