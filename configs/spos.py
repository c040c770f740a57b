"""Single Path One-Shot on ImageNet: 20 places of 4 candidates, about 120 epochs, then 1,000 networks that evolve.

    python -m econas_jax.supernet --config configs/spos.py --config.data.path=DIR

DIR holds train/n01440764/*.JPEG and so on (docs/imagenet.md); a copy that TFDS prepared is read by
`--config configs/spos.py:tfds_stream`. It needs the extra `imagenet`. Paths are drawn uniformly, as in the paper;
`--config.search.sampling=bins` draws them as the authors' code does. 8,000 training images judge the networks, and
25,600 others make the running statistics of each; both sets lie in memory then, 5 GB.
`--config.genotype=runs/spos/result.json:0` retrains the best by configs/retrain_imagenet.py.
Expected after retraining, top-1 error: 25.6 % (published, the code's README); not reproduced here.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config(data: str = "image_stream") -> ConfigDict:
    config = default_config("spos", data)
    config.proxy.epochs = 120  # 150,000 steps
    config.training.batch_size = 1024
    config.training.learning_rate = 0.5
    config.training.schedule = "linear"
    config.training.nesterov = False
    config.training.decays_vectors = False
    config.training.augmentation.flip = False  # images are cropped and flipped as they are read
    config.training.augmentation.jitter.brightness = 0.4
    config.training.augmentation.jitter.contrast = 0.4
    config.training.augmentation.jitter.saturation = 0.4
    return config
