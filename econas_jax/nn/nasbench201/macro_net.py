"""The network around the cells of NAS-Bench-201, which the plain network and the search network share."""

from __future__ import annotations

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require
from econas_jax.nn.layers.initializers import torch_bias, torch_kernel
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import convolution
from econas_jax.nn.nasbench201.operations import ReluConvNorm
from econas_jax.nn.network import NetworkSettings
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.nasbench201.cost import STAGES, require_resolution


def macro_net(
    settings: NetworkSettings, images: jax.Array, stage: Callable[[int, jax.Array], jax.Array], train: bool
) -> jax.Array:
    """Returns logits [batch, num_classes] of images [batch, size, size, 3]; called within a module's compact method.

    stage(number, x) computes the cells of a stage; the channels of x are C, 2C and 4C. Raises InputError for images of
    another shape and for sizes that cannot be halved twice.
    """
    square = images.ndim == 4 and images.shape[3] == 3 and images.shape[1] == images.shape[2]
    require(square, "images.shape", images.shape, "[batch, size, size, 3]")
    require_resolution("images.shape[1]", images.shape[1])
    x = Stem(settings.channels, name="stem")(rounded(images, settings.compute_dtype), train=train)
    for number in range(STAGES):
        if number > 0:
            x = Reduction(2 * x.shape[-1], name=f"reduction{number - 1}")(x, train=train)
        x = stage(number, x)
    features = jnp.mean(widened(nn.relu(BatchNorm(name="norm")(x, train=train))), axis=(1, 2))
    bias = torch_bias(features.shape[-1])
    classifier = nn.Dense(settings.num_classes, kernel_init=torch_kernel, bias_init=bias, name="classifier")
    logits: jax.Array = classifier(features)
    return logits


class Stem(nn.Module):
    """A 3x3 convolution of the image, batch normalisation."""

    channels: int

    @nn.compact
    def __call__(self, images: jax.Array, *, train: bool) -> jax.Array:
        return BatchNorm()(convolution(images, self.channels, (3, 3)), train=train)


class Reduction(nn.Module):
    """The residual block between two stages, which halves the map: its shortcut is a 2x2 mean and a 1x1 convolution."""

    channels: int  # of the output

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        y = ReluConvNorm(self.channels, 3, stride=2, name="first")(x, train=train)
        y = ReluConvNorm(self.channels, 3, name="second")(y, train=train)
        pooled = nn.avg_pool(widened(x), (2, 2), (2, 2)).astype(x.dtype)
        return y + convolution(pooled, self.channels, (1, 1))
