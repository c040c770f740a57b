"""The paper's exploration study (Zhou et al., CVPR 2020, section 3): 200 proxies by 50 networks, on CIFAR-10.

    python -m econas_jax.study --config configs/study.py --config.data.path=DIR

Original setting c0r0s0e600; proxies c 0 to 4 by r 0 to 4 by s 0 and 1 by e 30, 60, 90 and 120, and AmoebaNet's and
NASNet's (N = 2). 10,150 runs of up to 600 epochs: for a cluster, or for another --config.networks and grid. Not run
with this library. Expected by the paper: rho 0.85 for c4r4s0e60, 0.70 for AmoebaNet's proxy, 0.65 for NASNet's.
Where the paper is silent (its appendix is not at hand) the training is that of the released search code.
"""

from ml_collections import ConfigDict

from econas_jax.study.config import default_config


def get_config() -> ConfigDict:
    config = default_config()  # the paper's; repeated here where a study is likely to differ
    config.seed = 0
    config.data.name = "cifar10"
    config.networks = 50
    config.network.cells_per_stage = 6  # N
    config.training.batch_size = 96
    config.original = "c0r0s0e600"
    config.grid.channels = (0, 1, 2, 3, 4)
    config.grid.resolutions = (0, 1, 2, 3, 4)
    config.grid.samples = (0, 1)
    config.grid.epochs = (30, 60, 90, 120)
    config.proxies = ("c1r0s0e25n2", "c0r0s0e20n2")  # AmoebaNet's, NASNet's
    return config
