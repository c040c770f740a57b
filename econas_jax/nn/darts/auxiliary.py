"""The auxiliary classifier of DARTS's retraining, on the output of the second reduction cell (loss weight 0.4)."""

from __future__ import annotations

import flax.linen as nn
import jax

from econas_jax.nn.layers.initializers import torch_bias, torch_kernel
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import convolution
from econas_jax.nn.precision import product_dtype, widened

FEATURES = 768


class AuxiliaryHead(nn.Module):
    """Pools, two convolutions, a linear layer; expects 8x8 maps (CIFAR) or 7x7 maps (ImageNet), as DARTS does."""

    num_classes: int
    stem: str

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """[batch, height, width, channels] -> logits [batch, num_classes]."""
        stride = 3 if self.stem == "cifar" else 2
        x = nn.avg_pool(nn.relu(widened(x)), (5, 5), (stride, stride)).astype(x.dtype)
        x = convolution(x, 128, (1, 1))
        x = nn.relu(BatchNorm()(x, train=train))
        x = nn.Conv(
            FEATURES, (2, 2), padding="VALID", use_bias=False, dtype=product_dtype(x), kernel_init=torch_kernel
        )(x)
        if (
            self.stem == "cifar"
        ):  # the ImageNet head of DARTS has no normalisation here, and published counts rely on it
            x = BatchNorm()(x, train=train)
        x = nn.relu(x).reshape(x.shape[0], -1)
        return nn.Dense(self.num_classes, kernel_init=torch_kernel, bias_init=torch_bias(x.shape[-1]))(x)
