"""The auxiliary classifier of DARTS's retraining, on the output of the second reduction cell (loss weight 0.4)."""

from __future__ import annotations

import flax.linen as nn
import jax

from econas_jax.nn.layers.initializers import torch_bias, torch_kernel
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import convolution
from econas_jax.nn.precision import product_dtype, widened
from econas_jax.spaces.darts.macro_net import AUXILIARY_CHANNELS, AUXILIARY_POOL, AUXILIARY_STRIDES, Stem


class AuxiliaryHead(nn.Module):
    """A pool, two convolutions and a linear layer, for maps of the sides that `auxiliary_sides` allows."""

    num_classes: int
    stem: Stem

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Maps [batch, height, width, channels] to logits [batch, num_classes]."""
        window, stride = (AUXILIARY_POOL,) * 2, (AUXILIARY_STRIDES[self.stem],) * 2
        inner, features = AUXILIARY_CHANNELS
        x = nn.avg_pool(nn.relu(widened(x)), window, stride).astype(x.dtype)
        x = convolution(x, inner, (1, 1))
        x = nn.relu(BatchNorm()(x, train=train))
        x = nn.Conv(
            features, (2, 2), padding="VALID", use_bias=False, dtype=product_dtype(x), kernel_init=torch_kernel
        )(x)
        if self.stem == "cifar":  # the ImageNet head of DARTS has none here, and published counts rely on it
            x = BatchNorm()(x, train=train)
        x = nn.relu(x).reshape(x.shape[0], -1)
        return nn.Dense(self.num_classes, kernel_init=torch_kernel, bias_init=torch_bias(x.shape[-1]))(x)
