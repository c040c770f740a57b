"""A search by DARTS in minutes on a laptop, on the 1,797 real 8x8 images that come with scikit-learn.

    python -m econas_jax.supernet --config configs/darts_digits.py

First order, 4 channels, 3 cells, two of them reduction cells. `--config.genotype=runs/darts_digits/result.json`
retrains the cell by configs/retrain_digits.py.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config() -> ConfigDict:
    config = default_config("darts")
    config.data.name = "digits"
    config.proxy.channels = 4
    config.proxy.resolution = 8  # the images as they are
    config.proxy.epochs = 15
    config.network.cells = 3
    config.training.batch_size = 32
    config.training.short_batch = False  # one program less to compile
    config.training.learning_rate = 0.1
    config.training.augmentation.crop_padding = 1
    config.training.augmentation.flip = False  # a mirrored digit is another sign
    config.search.learning_rate = 3e-3  # for a tenth of the published steps
    return config
