"""The paper's retraining on CIFAR-10 (section 5.1, Table 2): 20 cells, 36 channels, 600 epochs, cutout, drop-path.

    python -m econas_jax.retrain --config configs/retrain_cifar10.py --config.genotype=runs/econas/result.json

It trains the best five genotypes of a search, one after another; `result.json:0` is the best one alone,
`--config.genotype=ECONAS` or `DARTS_V2` a published cell. The recipe is DARTS's `cnn/train.py --cutout`, which the
released code of EcoNAS follows; `--config.network.auxiliary=True` adds DARTS's auxiliary head. All 50,000 training
images are trained on, and the test images are read once, after the last epoch.
Expected: published test errors of 2.62 % (the paper's best cell, 2.9 M parameters) and 2.83 % (DARTS_V2, 3.4 M), means
over several seeds; not reproduced here. Duration: about a day a network on one V100, as others report.
"""

from ml_collections import ConfigDict

from econas_jax.retrain import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.data.name = "cifar10"
    return config
