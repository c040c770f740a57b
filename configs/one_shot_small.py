"""Is weight sharing a proxy? One supernet's ranks of the networks of configs/study_small.py, on real CIFAR-10.

    python -m econas_jax.supernet --config configs/one_shot_small.py --config.data.path=DIR

One-shot by uniform sampling, or SMASH (`configs/one_shot_small.py:smash`), around the study's cells: its five-cell
network with 9 channels on 8x8 images (c4r4), batches of 64, a quarter of the training images, 10 epochs. At the end the
study's 16 networks are ranked by the shared weights, and `spearman` in result.json tells how far that rank agrees with
the study's own training. `--config.search.standalone` names the folder that the study has left, such as
benchmarks/results/epyc_zen4/study_small. 16 networks tell little: read the interval.
Its outcome with two seeds: benchmarks/results/epyc_zen4/one_shot_small; SMASH's:
benchmarks/results/epyc_zen5/smash_small.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config(method: str = "one_shot") -> ConfigDict:
    config = default_config(method)
    config.data.name = "cifar10"
    config.proxy.channels = 9
    config.proxy.resolution = 8
    config.proxy.sample_ratio = 0.25
    config.proxy.epochs = 10
    config.network.cells = 5  # N = 1
    config.training.short_batch = False
    config.search.architecture_share = 0.2
    config.search.candidates = 4  # besides the study's
    config.search.standalone = "runs/study_small"
    if method == "smash":
        config.search.perturbations = 0
        config.search.markov_steps = 0
    return config
