"""The network of one genotype, with only the parameters it needs: what one retrains, ships and compares against."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require, require_integer
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.darts.auxiliary import AuxiliaryHead
from econas_jax.nn.darts.cell import Cell
from econas_jax.nn.layers.initializers import torch_bias, torch_kernel
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import convolution
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.darts.genotype import Genotype

STEMS = ("cifar", "imagenet")


class CellNetwork(nn.Module):
    """The DARTS macro-net: a stem, three stages of normal cells with reduction cells between them, a linear classifier.

    3 * cells_per_stage + 2 cells; the channels double at each reduction (paper, Figure 2; N = cells_per_stage = 6 gives
    DARTS's 20 cells). With `auxiliary=True` a call returns (logits, auxiliary logits) in training, else logits alone.
    compute_dtype: the type of activations; variables and logits are float32 (`precision`).
    """

    genotype: Genotype
    channels: int
    cells_per_stage: int
    num_classes: int = 10
    stem: str = "cifar"
    auxiliary: bool = False
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        require_integer("channels", self.channels, 1)
        require_integer("cells_per_stage", self.cells_per_stage, 1)
        require_integer("num_classes", self.num_classes, 2)
        require(self.stem in STEMS, "stem", self.stem, f"one of {', '.join(STEMS)}")
        even = self.stem == "cifar" or self.channels % 2 == 0
        require(even, "channels", self.channels, "an even number with the imagenet stem (its first cell halves a map)")
        require_compute_dtype("compute_dtype", self.compute_dtype)
        super().__post_init__()

    @nn.compact
    def __call__(
        self, images: jax.Array, *, train: bool, drop_path_probability: jax.Array | float | None = None
    ) -> jax.Array | tuple[jax.Array, jax.Array]:
        """images: float [batch, height, width, 3], normalised -> logits [batch, num_classes].

        Training needs `mutable=["batch_stats"]`, and a key named "drop_path" if a drop-path probability is given.
        Raises InputError for image sizes that the reductions cannot halve exactly.
        """
        self._check(images)
        pixels = rounded(images, self.compute_dtype)
        before, last = _cifar_stem(self, pixels, train) if self.stem == "cifar" else _imagenet_stem(self, pixels, train)
        channels, reduction_before = self.channels, self.stem == "imagenet"
        depth = 3 * self.cells_per_stage + 2
        reductions = (self.cells_per_stage, 2 * self.cells_per_stage + 1)
        auxiliary_logits = None
        for index in range(depth):
            reduction = index in reductions
            channels *= 2 if reduction else 1
            genotype = self.genotype.reduce if reduction else self.genotype.normal
            cell = Cell(genotype, channels, reduction, reduction_before, name=f"cell{index}")
            before, last = last, cell(before, last, train=train, drop_path_probability=drop_path_probability)
            reduction_before = reduction
            if self.auxiliary and index == reductions[1] and (train or self.is_initializing()):
                auxiliary_logits = AuxiliaryHead(self.num_classes, self.stem, name="auxiliary")(last, train=train)
        features = jnp.mean(widened(last), axis=(1, 2))
        bias = torch_bias(features.shape[-1])
        logits = nn.Dense(self.num_classes, kernel_init=torch_kernel, bias_init=bias, name="classifier")(features)
        return logits if auxiliary_logits is None else (logits, auxiliary_logits)

    def _check(self, images: jax.Array) -> None:
        shaped = images.ndim == 4 and images.shape[-1] == 3
        require(shaped, "images.shape", images.shape, "[batch, height, width, 3]")
        unit = 4 if self.stem == "cifar" else 32
        divisible = all(size > 0 and size % unit == 0 for size in images.shape[1:3])
        require(divisible, "images.shape", images.shape, f"a height and width that are multiples of {unit}")
        if self.auxiliary:  # its pooling and 2x2 convolution must end in one pixel
            maps = range(8, 11) if self.stem == "cifar" else range(7, 9)
            fits = all(size // unit in maps for size in images.shape[1:3])
            allowed = f"a height and width of {unit * maps[0]} to {unit * maps[-1]} with the auxiliary head"
            require(fits, "images.shape", images.shape, allowed)


def _cifar_stem(network: CellNetwork, images: jax.Array, train: bool) -> tuple[jax.Array, jax.Array]:
    """A 3x3 convolution to 3 * channels and BN; both inputs of the first cell."""
    x = convolution(images, 3 * network.channels, (3, 3))
    x = BatchNorm()(x, train=train)
    return x, x


def _imagenet_stem(network: CellNetwork, images: jax.Array, train: bool) -> tuple[jax.Array, jax.Array]:
    """Three stride-2 convolutions; the first cell's inputs are the outputs of the second (1/4) and third (1/8)."""
    x = convolution(images, network.channels // 2, (3, 3), (2, 2))
    x = nn.relu(BatchNorm()(x, train=train))
    x = convolution(x, network.channels, (3, 3), (2, 2))
    before = BatchNorm()(x, train=train)
    x = convolution(nn.relu(before), network.channels, (3, 3), (2, 2))
    return before, BatchNorm()(x, train=train)
