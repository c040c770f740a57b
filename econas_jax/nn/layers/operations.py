"""The ten operations of the DARTS and NASNet spaces as Flax modules, written plainly: what one retrains and ships.

Every module maps [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), channels].
Padding is explicit and symmetric, never "SAME": at stride 2 on even sizes "SAME" pads (0, 1), another network.
"""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.nn.layers.initializers import Initializer, torch_kernel
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.precision import product_dtype, widened

Pair = tuple[int, int]


def convolution(
    x: jax.Array,
    features: int,
    kernel: Pair,
    strides: Pair = (1, 1),
    dilation: int = 1,
    groups: int = 1,
    kernel_init: Initializer = torch_kernel,
) -> jax.Array:
    """Applies a convolution without bias, in the type of x; its padding keeps the size at stride 1."""
    padding = [(dilation * (size - 1) // 2,) * 2 for size in kernel]
    module = nn.Conv(
        features,
        kernel,
        strides=strides,
        padding=padding,
        kernel_dilation=(dilation, dilation),
        feature_group_count=groups,
        use_bias=False,
        dtype=product_dtype(x),
        kernel_init=kernel_init,
    )
    return module(x)


class Zero(nn.Module):
    """The operation `none`: zeros of the output's shape."""

    stride: int

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        return jnp.zeros_like(x[:, :: self.stride, :: self.stride])


class Pool(nn.Module):
    """The operations `max_pool_3x3` and `avg_pool_3x3`; padding 1 counts neither as a maximum nor in the mean."""

    kind: str
    stride: int

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        window, strides, padding = (3, 3), (self.stride, self.stride), ((1, 1), (1, 1))
        if self.kind == "max":
            return nn.max_pool(x, window, strides, padding)
        return nn.avg_pool(widened(x), window, strides, padding, count_include_pad=False).astype(x.dtype)


class FactorizedReduce(nn.Module):
    """ReLU, 1x1 stride-2 convolutions of x and of x shifted by a pixel (half the channels each), BN; halves a map."""

    channels: int

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        x = nn.relu(x)
        half = self.channels // 2
        here = convolution(x, half, (1, 1), (2, 2))
        shifted = convolution(x[:, 1:, 1:], self.channels - half, (1, 1), (2, 2))
        return BatchNorm()(jnp.concatenate([here, shifted], axis=-1), train=train)


class Skip(nn.Module):
    """The operation `skip_connect`: identity at stride 1, a factorized reduce at stride 2."""

    stride: int

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        return x if self.stride == 1 else FactorizedReduce(x.shape[-1])(x, train=train)


class DepthwiseSeparable(nn.Module):
    """ReLU, depthwise k x k, pointwise 1 x 1, BN: once dilated (`dil_conv`), or twice (`sep_conv`)."""

    kernel: int
    stride: int
    dilation: int = 1
    repeats: int = 1

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        channels = x.shape[-1]
        for repeat in range(self.repeats):
            stride = self.stride if repeat == 0 else 1
            window = (self.kernel, self.kernel)
            x = convolution(nn.relu(x), channels, window, (stride, stride), self.dilation, groups=channels)
            x = convolution(x, channels, (1, 1))
            x = BatchNorm()(x, train=train)
        return x


class Conv7x1_1x7(nn.Module):  # noqa: N801 - the operation's published name
    """The operation `conv_7x1_1x7`: ReLU, 1x7 with stride (1, s), 7x1 with stride (s, 1), BN."""

    stride: int

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        channels = x.shape[-1]
        x = convolution(nn.relu(x), channels, (1, 7), (1, self.stride))
        x = convolution(x, channels, (7, 1), (self.stride, 1))
        return BatchNorm()(x, train=train)


def make_operation(name: str, stride: int, *, module_name: str | None = None) -> nn.Module:
    """Returns the module of a published operation; raises KeyError for a name not among `genotype.OPERATIONS`."""
    makers = {
        "none": lambda: Zero(stride, name=module_name),
        "max_pool_3x3": lambda: Pool("max", stride, name=module_name),
        "avg_pool_3x3": lambda: Pool("average", stride, name=module_name),
        "skip_connect": lambda: Skip(stride, name=module_name),
        "sep_conv_3x3": lambda: DepthwiseSeparable(3, stride, repeats=2, name=module_name),
        "sep_conv_5x5": lambda: DepthwiseSeparable(5, stride, repeats=2, name=module_name),
        "sep_conv_7x7": lambda: DepthwiseSeparable(7, stride, repeats=2, name=module_name),
        "dil_conv_3x3": lambda: DepthwiseSeparable(3, stride, dilation=2, name=module_name),
        "dil_conv_5x5": lambda: DepthwiseSeparable(5, stride, dilation=2, name=module_name),
        "conv_7x1_1x7": lambda: Conv7x1_1x7(stride, name=module_name),
    }
    return makers[name]()
