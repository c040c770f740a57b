"""EcoNAS on CIFAR-10 as in the paper (Zhou et al., CVPR 2020, sections 4 and 5), proxy c4r4s0 with E = 20.

    python -m econas_jax.search --config configs/econas.py --config.data.path=DIR

Data: CIFAR-10, prepared by tensorflow-datasets as array_record, or the official cifar-10-binary.tar.gz on disk;
`--config.data.download=True` fetches the latter (170 MB from a slow host).
Cost: 1,650 candidates, 57,000 candidate-epochs; the paper's own took 8 days on a GTX 1080 Ti. Not yet run to its end
with this library. `--config.search.cycles=60` is the paper's "1k models, 35k epochs".
Expected: five cells whose best, retrained with 36 channels for 600 epochs, has a test error of 2.6 % in the paper.
"""

from ml_collections import ConfigDict

from econas_jax.search import default_config


def get_config() -> ConfigDict:
    config = default_config()  # the paper's; repeated here where an experiment is likely to differ
    config.seed = 0
    config.data.name = "cifar10"
    config.proxy.channels = 9  # c4
    config.proxy.resolution = 8  # r4
    config.proxy.sample_ratio = 1.0  # s0
    config.network.cells_per_stage = 6  # N
    config.network.compute_dtype = "float32"  # "bfloat16" on accelerators
    config.training.batch_size = 384
    config.search.epochs = 20  # E
    config.search.initial_population = 50
    config.search.cycles = 100
    config.search.children = 16  # half of which are promoted to 2E, and half of those to 3E
    config.search.lifetime = 10
    return config
