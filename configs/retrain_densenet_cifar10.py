"""DenseNet-BC on CIFAR-10, the baseline of the paper's Table 2, with the recipe of its own paper.

    python -m econas_jax.retrain --config configs/retrain_densenet_cifar10.py

Huang et al., "Densely Connected Convolutional Networks": 300 epochs, batches of 64, Nesterov's momentum, the rate
divided by 10 after a half and three quarters of them, weight decay 1e-4; crop and flip, no cutout. It trains Table 2's
network, of depth 190 and growth 40; `--config.genotype=DenseNet-BC-100-12` is a smaller one.
Expected: published test errors of 3.46 % (190-40, 25.6 M parameters), 3.62 % (250-24) and 4.51 % (100-12); not
reproduced here. Duration: unknown; 190-40 takes 18 times the multiply-adds of DARTS_V2 an image, 100-12 half of them.
"""

from ml_collections import ConfigDict

from econas_jax.retrain import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.genotype = "DenseNet-BC-190-40"
    config.data.name = "cifar10"
    training = config.training
    training.epochs = 300
    training.batch_size = 64
    training.learning_rate = 0.1
    training.schedule = "steps"
    training.step_epochs = (150, 225)
    training.decay = 0.1
    training.nesterov = True
    training.weight_decay = 1e-4
    training.gradient_clip = None
    training.drop_path_probability = 0.0
    training.augmentation.cutout = 0
    return config
