"""The five operations of NAS-Bench-201 as Flax modules; all keep the shape [batch, height, width, channels]."""

from __future__ import annotations

import flax.linen as nn
import jax

from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import Pool, Skip, Zero, convolution
from econas_jax.spaces.nasbench201.cost import KERNELS


class ReluConvNorm(nn.Module):
    """ReLU, a dense convolution without bias, batch normalisation: `nor_conv_1x1` and `nor_conv_3x3`."""

    channels: int  # of the output
    kernel: int  # pixels a side
    stride: int = 1

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        window, strides = (self.kernel, self.kernel), (self.stride, self.stride)
        return BatchNorm()(convolution(nn.relu(x), self.channels, window, strides), train=train)


def make_operation(name: str, channels: int, *, module_name: str) -> nn.Module:
    """Returns the module of an operation of the space."""
    if name in KERNELS:
        return ReluConvNorm(channels, KERNELS[name], name=module_name)
    if name == "avg_pool_3x3":
        return Pool("average", 1, name=module_name)
    return Skip(1, name=module_name) if name == "skip_connect" else Zero(1, name=module_name)
