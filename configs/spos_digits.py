"""A search by Single Path One-Shot in minutes on a laptop, on the 1,797 real 8x8 images that come with scikit-learn.

    python -m econas_jax.supernet --config configs/spos_digits.py

Four ShuffleNet blocks, 256 networks, of which an evolution judges about a hundred by the supernet's weights.
`--config.genotype=runs/spos_digits/result.json:0` retrains the best by configs/retrain_digits.py.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("spos")
    config.data.name = "digits"
    config.proxy.resolution = 8  # the images as they are
    config.proxy.epochs = 100
    config.network.widths = (16, 32)
    config.network.depths = (2, 2)
    config.network.stem = 8
    config.network.last = 64
    config.network.stem_stride = 1
    config.training.batch_size = 32
    config.training.learning_rate = 0.05
    config.training.schedule = "linear"
    config.training.nesterov = False
    config.training.decays_vectors = False
    config.training.augmentation.crop_padding = 1
    config.training.augmentation.flip = False  # a mirrored digit is another sign
    config.search.architecture_share = 0.2
    config.search.statistics_batches = 8
    config.search.members = 20
    config.search.generations = 5
    config.search.parents = 5
    config.search.mutations = 8
    config.search.crossovers = 8
    config.search.max_multiply_adds = 5.5e4  # the space has 43 to 67 thousand
    return config
