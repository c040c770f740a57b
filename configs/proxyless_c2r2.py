"""ProxylessNAS by EcoNAS's proxy c2r2s0 on ImageNet: half the channels, 112x112 pixels (EcoNAS, Table 5).

    python -m econas_jax.supernet --config configs/proxyless_c2r2.py --config.data.path=DIR

All else is as in configs/proxyless.py. The wanted cost is a quarter of what the authors want of networks of half the
channels, 97 million multiply-adds at 224x224. The network in result.json has all its channels, to be retrained.
Cost: 4 instead of 8 GPU-days (EcoNAS's paper). Expected after retraining, top-1 error: 23.2 % (published, of a wider
network than this space has at width 1); not reproduced here.
"""

from ml_collections import ConfigDict

from econas_jax.experiment import config_source


def get_config(data: str = "image_stream") -> ConfigDict:
    config = config_source.load(f"proxyless:{data}")
    config.proxy.width = 0.5
    config.proxy.resolution = 112
    config.search.reference_cost = 24e6
    return config
