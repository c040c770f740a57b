"""The network of one chain as a Flax module, written plainly: what one retrains and ships."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require, require_integer
from econas_jax.nn.chain.initial import classifier_kernel, deviation
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import convolution
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.chain.blocks import Block, Unit
from econas_jax.spaces.chain.network import Chain, Initial

ACTIVATIONS = {"relu": nn.relu, "relu6": nn.relu6, "none": lambda x: x}


class ChainNetwork(nn.Module):
    """A network whose blocks stand in a chain: MobileNetV2, ProxylessNAS's, SPOS's, or any other `Chain`.

    Normalisations use this project's epsilon, 1e-5, where ProxylessNAS's code has 1e-3. compute_dtype: the type of
    activations; variables and logits are float32 (`precision`). Raises InputError for values that make no network.
    """

    chain: Chain
    num_classes: int
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        require_integer("num_classes", self.num_classes, 2)
        require_compute_dtype("compute_dtype", self.compute_dtype)
        super().__post_init__()

    @nn.compact
    def __call__(self, images: jax.Array, *, train: bool) -> jax.Array:
        """Maps normalised images, float [batch, height, width, 3], to logits [batch, num_classes].

        Training needs `mutable=["batch_stats"]`. Raises InputError for images of another shape.
        """
        shaped = images.ndim == 4 and images.shape[-1] == 3
        require(shaped, "images.shape", images.shape, "[batch, height, width, 3]")
        chain = self.chain
        common = (chain.affine, chain.initial)
        x = ConvolutionUnit(chain.stem, *common, stem=True, name="stem")(rounded(images, self.compute_dtype), train)
        for place, block in enumerate(chain.blocks):
            if block.main:
                x = ChainBlock(block, *common, name=f"block{place}")(x, train)
        x = ConvolutionUnit(chain.last, *common, name="last")(x, train)
        features = jnp.mean(widened(x), axis=(1, 2))
        kernel = classifier_kernel(chain.initial)
        bias = chain.classifier_bias
        return nn.Dense(self.num_classes, use_bias=bias, kernel_init=kernel, name="classifier")(features)


class ChainBlock(nn.Module):
    """A block: its convolutions, and the join of their output with its input."""

    block: Block
    affine: bool
    initial: Initial

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        block = self.block
        if block.join != "shuffle":
            y = self._branch("main", block.main, x, train)
            return x + y if block.join == "residual" else y
        other, own = (self._branch("side", block.side, x, train), x) if block.side else (x[..., ::2], x[..., 1::2])
        return jnp.concatenate([other, self._branch("main", block.main, own, train)], axis=-1)

    def _branch(self, name: str, units: tuple[Unit, ...], x: jax.Array, train: bool) -> jax.Array:
        for place, unit in enumerate(units):
            x = ConvolutionUnit(unit, self.affine, self.initial, name=f"{name}{place}")(x, train)
        return x


class ConvolutionUnit(nn.Module):
    """A convolution without bias, batch normalisation and an activation."""

    unit: Unit
    affine: bool
    initial: Initial
    stem: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        unit = self.unit
        window, strides = (unit.kernel,) * 2, (unit.stride,) * 2
        groups = unit.inputs if unit.depthwise else 1
        initial = nn.initializers.normal(deviation(unit, self.initial, stem=self.stem))
        x = convolution(x, unit.outputs, window, strides, groups=groups, kernel_init=initial)
        x = BatchNorm(self.affine, name="normalization")(x, train=train)
        return ACTIVATIONS[unit.activation](x)
