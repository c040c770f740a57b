"""A search by ProxylessNAS in minutes on a laptop, on the 1,797 real 8x8 images that come with scikit-learn.

    python -m econas_jax.supernet --config configs/proxyless_digits.py

Four blocks, 1,764 networks, searched with a quarter of their channels; the wanted cost is a middling one.
`--config.genotype=runs/proxyless_digits/result.json` retrains the network by configs/retrain_digits.py.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("proxyless")
    config.data.name = "digits"
    config.proxy.width = 0.25
    config.proxy.resolution = 8  # the images as they are
    config.proxy.epochs = 60
    config.network.widths = (64, 96)
    config.network.depths = (2, 2)
    config.network.strides = (1, 2)
    config.network.stem_stride = 1
    config.training.batch_size = 32
    config.training.learning_rate = 0.02
    config.training.augmentation.crop_padding = 1
    config.training.augmentation.flip = False  # a mirrored digit is another sign
    config.search.warmup_epochs = 20
    config.search.warmup_learning_rate = 0.03
    config.search.weights_steps = 2
    config.search.learning_rate = 0.01  # for a thousandth of the published steps
    config.search.architecture_share = 0.25
    config.search.reference_cost = 1e6  # multiply-adds; the space has 0.7 to 1.7 million
    return config
