"""The paper's exploration study (section 3) on real CIFAR-10, scaled down for two CPU cores.

    python -m econas_jax.study --config configs/study_small.py --config.data.path=DIR

16 networks (more can be added later: only their rows are trained); the original setting is c2r2s3e4: 18 channels,
16x16 images, an eighth of the training images, 4 epochs, N = 1. 13 proxies: c by r in a grid of 3 by 3, s and e at
equal iterations (s3e2 against s4e4, by two c and r), and all together. It can tell little beyond its size: read the
intervals. An hour on two cores of an AMD EPYC with other work beside it.
Its outcome: benchmarks/results/epyc_zen4/study_small.
"""

from ml_collections import ConfigDict

from econas_jax.study.config import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.data.name = "cifar10"
    config.networks = 16
    config.network.cells_per_stage = 1  # N
    config.training.batch_size = 64
    config.original = "c2r2s3e4"
    config.grid.channels = (2, 3, 4)
    config.grid.resolutions = (2, 3, 4)
    config.grid.samples = (3,)
    config.grid.epochs = (4,)
    # Equal iterations, twice: s3e2 has more samples and fewer epochs than s4e4.
    config.proxies = ("c2r2s3e2", "c2r2s4e4", "c4r4s3e2", "c4r4s4e4", "c4r4s2e4")
    return config
