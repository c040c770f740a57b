"""The network of a DenseNet-BC as a Flax module; `spaces.densenet` says where its layers stand.

Every layer reads what all layers of its block made before it, so keeping what they normalise would take memory
quadratic in the depth of a block. Each is computed again for its gradient instead (the authors' `-optMemory 4`).
"""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.layers.initializers import Initializer, torch_kernel
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.precision import product_dtype, rounded, widened
from econas_jax.spaces.densenet import BLOCKS, BOTTLENECK, STEM_WIDTH, DenseNetBC, require_side, transition_channels

# N(0, sqrt(2 / (kernel area * outputs))), as the authors' code initialises convolutions.
he_kernel: Initializer = nn.initializers.variance_scaling(2.0, "fan_out", "normal")


class DenseNet(nn.Module):
    """A DenseNet-BC for images of CIFAR's kind: a stem, three blocks with transitions between them, a classifier.

    compute_dtype: the type of activations; variables and logits are float32 (`precision`). Raises InputError for values
    that make no network.
    """

    architecture: DenseNetBC
    num_classes: int = 10
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        require_compute_dtype("compute_dtype", self.compute_dtype)
        super().__post_init__()

    @nn.compact
    def __call__(self, images: jax.Array, *, train: bool) -> jax.Array:
        """Maps normalised images, float [batch, height, width, 3], to logits [batch, num_classes].

        Training needs `mutable=["batch_stats"]`. Raises InputError for image sizes that the transitions cannot halve
        exactly.
        """
        shaped = images.ndim == 4 and images.shape[-1] == 3
        require(shaped, "images.shape", images.shape, "[batch, height, width, 3]")
        for side in images.shape[1:3]:
            require_side("image's side", side)
        growth = self.architecture.growth
        x = _convolution(rounded(images, self.compute_dtype), STEM_WIDTH * growth, 3, "stem")
        for block in range(BLOCKS):
            if block > 0:
                x = Transition(train, name=f"transition{block - 1}")(x)
            for place in range(self.architecture.layers_per_block):
                layer = nn.remat(DenseLayer)(growth, train, name=f"block{block}_layer{place}")
                x = jnp.concatenate([x, layer(x)], axis=-1)
        x = nn.relu(BatchNorm(name="normalization")(x, train=train))
        features = jnp.mean(widened(x), axis=(1, 2))
        zeros = nn.initializers.zeros
        return nn.Dense(self.num_classes, kernel_init=torch_kernel, bias_init=zeros, name="classifier")(features)


class DenseLayer(nn.Module):
    """A layer of a block: BN, ReLU, 1x1 to 4k channels, BN, ReLU, 3x3 to k channels, which are its result."""

    growth: int
    train: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = nn.relu(BatchNorm(name="normalization0")(x, train=self.train))
        x = _convolution(x, BOTTLENECK * self.growth, 1, "convolution0")
        x = nn.relu(BatchNorm(name="normalization1")(x, train=self.train))
        return _convolution(x, self.growth, 3, "convolution1")


class Transition(nn.Module):
    """What stands between two blocks: BN, ReLU, 1x1 to half the channels, average pool of 2."""

    train: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        halved = transition_channels(x.shape[-1])
        x = nn.relu(BatchNorm(name="normalization")(x, train=self.train))
        x = _convolution(x, halved, 1, "convolution")
        return nn.avg_pool(widened(x), (2, 2), (2, 2)).astype(x.dtype)


def _convolution(x: jax.Array, features: int, kernel: int, name: str) -> jax.Array:
    """Applies a convolution without bias that keeps the size."""
    padding = [(kernel // 2, kernel // 2)] * 2
    window, dtype = (kernel, kernel), product_dtype(x)
    module = nn.Conv(features, window, padding=padding, use_bias=False, dtype=dtype, kernel_init=he_kernel, name=name)
    return module(x)
