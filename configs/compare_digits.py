"""Every search algorithm with ten seeds on equal budgets, really trained, on the 1,797 digits of scikit-learn.

    python -m econas_jax.compare --config configs/compare_digits.py

The networks of configs/digits.py: 8 channels, N = 1. A candidate trains for 1, 2 or 3 epochs, in which accuracies are
still far apart; 120 candidate-epochs are as many as 40 candidates take to train in full. Nothing is retrained: it
compares validation accuracies (300 images), which all contenders have from the same setting.
Duration: 80 searches of 46 s on one core of an AMD EPYC (Zen 4), 61 minutes.
"""

from ml_collections import ConfigDict

from econas_jax.compare import default_config

FULL = 3  # epochs of full training


def get_config() -> ConfigDict:
    config = default_config(*FIELDS)
    config.data.name = "digits"
    config.seeds = 10
    config.budgets = (30.0, 60.0, 120.0)
    for contender in config.contenders.values():
        contender.proxy.channels = 8
        contender.proxy.resolution = 8  # the images as they are
        contender.network.cells_per_stage = 1
        contender.training.batch_size = 32
        contender.training.augmentation.crop_padding = 1
        contender.training.augmentation.flip = False  # a mirrored digit is another sign
        contender.search.update(FIELDS[contender.algorithm])
    return config


# The fields of each algorithm, for short searches.
EVOLUTION = {"population": 12, "sample": 4, "candidates": 12}  # the population; how many follow, the budget decides
FIELDS = {
    "econas": {"epochs": 1, "initial_population": 16, "children": 8, "lifetime": 4},
    "regularized_evolution": {**EVOLUTION, "batch": 4, "epochs": FULL, "skip_repeats": True},
    "hierarchical_evolution": {**EVOLUTION, "batch": 8, "epochs": 1, "promotions_to_2e": 4, "promotions_to_3e": 2},
    "random": {"batch": 4, "epochs": FULL},
    "successive_halving": {"candidates": 18, "rungs": 2, "maximum_epochs": FULL},
    "hyperband": {"maximum_epochs": FULL},
    "asha": {"batch": 8, "rungs": 2, "maximum_epochs": FULL},
    "local_search": {"starts": 4, "batch": 8, "epochs": FULL},
}
