"""ProxylessNAS in its own setting on ImageNet: 21 places, 141 candidates, 40 epochs of warm-up and 120 of search.

    python -m econas_jax.supernet --config configs/proxyless.py --config.data.path=DIR

DIR holds train/n01440764/*.JPEG and so on (docs/imagenet.md); a copy that TFDS prepared is read by
`--config configs/proxyless.py:tfds_stream`. It needs the extra `imagenet`. The cost is the expected multiply-adds, of
which 300 million are wanted; `--config.search.latency_table=FILE` takes latencies instead. A step of the architecture
computes two candidates of each place, as in the paper; `--config.search.mode=full` is the default of the authors' code.
`--config.genotype=runs/proxyless/result.json` retrains the network by configs/retrain_imagenet.py.
Cost: 8 GPU-days (EcoNAS's paper); on a CPU it is out of the question. Expected after retraining, top-1 error: 25.4 %
(published); not reproduced here.
"""

from ml_collections import ConfigDict

from econas_jax.supernet import default_config


def get_config(data: str = "image_stream") -> ConfigDict:
    config = default_config("proxyless", data)
    config.training.augmentation.flip = False  # images are cropped and flipped as they are read
    config.training.augmentation.jitter.brightness = 32 / 255
    config.training.augmentation.jitter.saturation = 0.5
    return config
