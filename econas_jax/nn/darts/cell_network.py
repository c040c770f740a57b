"""The network of one genotype, with only the parameters it needs: what one retrains, ships and compares against."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.darts.auxiliary import AuxiliaryHead
from econas_jax.nn.darts.batch_last.network import MacroNet, images_first, run_cells, running_averages
from econas_jax.nn.darts.cell import Cell
from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.layers.initializers import torch_bias, torch_kernel
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import convolution
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import (
    IMAGE_UNITS,
    STEM_WIDTH,
    Stem,
    auxiliary_sides,
    check_macro_net,
    walk,
)


class CellNetwork(nn.Module):
    """The DARTS macro-net: a stem, three stages of normal cells with reduction cells between them, a linear classifier.

    `spaces.darts.macro_net` says where the cells stand. With `auxiliary=True` a call returns (logits, auxiliary logits)
    in training, else logits alone.
    compute_dtype: the type of activations; variables and logits are float32 (`precision`).
    """

    genotype: Genotype
    channels: int
    cells_per_stage: int
    num_classes: int = 10
    stem: Stem = "cifar"
    auxiliary: bool = False
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        check_macro_net(self.channels, self.cells_per_stage, self.num_classes, self.stem)
        require_compute_dtype("compute_dtype", self.compute_dtype)
        super().__post_init__()

    @nn.compact
    def __call__(
        self, images: jax.Array, *, train: bool, drop_path_probability: jax.Array | float | None = None
    ) -> jax.Array | tuple[jax.Array, jax.Array]:
        """Maps normalised images, float [batch, height, width, 3], to logits [batch, num_classes].

        Training needs `mutable=["batch_stats"]`, and a key named "drop_path" if a drop-path probability is given.
        Raises InputError for image sizes that the reductions cannot halve exactly.
        """
        self._check(images)
        pixels = rounded(images, self.compute_dtype)
        drop_path = None
        if train and drop_path_probability is not None:
            drop_path = DropPath(drop_path_probability, self.make_rng("drop_path"))
        square = images.shape[1] == images.shape[2]
        if on_cpu() and square and not self.is_initializing():
            last, auxiliary = self._in_batch_last_layout(pixels, train, drop_path)
        else:
            last, auxiliary = self._plainly(pixels, train, drop_path)
        logits = self._classify(jnp.mean(widened(last), axis=(1, 2)))
        if not (self.auxiliary and (train or self.is_initializing())):
            return logits
        return logits, AuxiliaryHead(self.num_classes, self.stem, name="auxiliary")(auxiliary, train=train)

    def _plainly(self, pixels: jax.Array, train: bool, drop_path: DropPath | None) -> tuple[jax.Array, jax.Array]:
        """Returns the outputs of the last cell and of the cell that the auxiliary head reads, [batch, h, w, channels].

        This is the network's definition: Flax modules and XLA's convolutions.
        """
        before, last = _cifar_stem(self, pixels, train) if self.stem == "cifar" else _imagenet_stem(self, pixels, train)
        auxiliary = last
        for place in walk(self.channels, self.cells_per_stage, self.stem):
            genotype = self.genotype.reduce if place.reduction else self.genotype.normal
            own = None if drop_path is None else drop_path.of(place.position)
            cell = Cell(genotype, place, name=f"cell{place.position}")
            before, last = last, cell(before, last, train=train, drop_path=own)
            auxiliary = last if place.auxiliary else auxiliary
        return last, auxiliary

    def _in_batch_last_layout(
        self, pixels: jax.Array, train: bool, drop_path: DropPath | None
    ) -> tuple[jax.Array, jax.Array]:
        """Returns what `_plainly` does, as a CPU computes it fast (`batch_last`)."""
        net = MacroNet(self.genotype, self.channels, self.cells_per_stage, self.stem, pixels.shape[1], train)
        parameters, statistics = (dict(self.variables[name]) for name in ("params", "batch_stats"))
        outputs = run_cells(net, parameters, statistics, pixels, drop_path)
        if train:
            for name, used in outputs.statistics.items():
                self.put_variable("batch_stats", name, running_averages(statistics[name], used))
        return images_first(outputs.last), images_first(outputs.auxiliary)

    def _classify(self, features: jax.Array) -> jax.Array:
        bias = torch_bias(features.shape[-1])
        return nn.Dense(self.num_classes, kernel_init=torch_kernel, bias_init=bias, name="classifier")(features)

    def _check(self, images: jax.Array) -> None:
        shaped = images.ndim == 4 and images.shape[-1] == 3
        require(shaped, "images.shape", images.shape, "[batch, height, width, 3]")
        unit = IMAGE_UNITS[self.stem]
        divisible = all(size > 0 and size % unit == 0 for size in images.shape[1:3])
        require(divisible, "images.shape", images.shape, f"a height and width that are multiples of {unit}")
        if self.auxiliary:  # its pooling and 2x2 convolution must end in one pixel
            maps = auxiliary_sides(self.stem)
            fits = all(size // unit in maps for size in images.shape[1:3])
            allowed = f"a height and width of {unit * maps[0]} to {unit * maps[-1]} with the auxiliary head"
            require(fits, "images.shape", images.shape, allowed)


def _cifar_stem(network: CellNetwork, images: jax.Array, train: bool) -> tuple[jax.Array, jax.Array]:
    """Returns both inputs of the first cell: one 3x3 convolution to 3 * channels and its BN."""
    x = convolution(images, STEM_WIDTH * network.channels, (3, 3))
    x = BatchNorm()(x, train=train)
    return x, x


def _imagenet_stem(network: CellNetwork, images: jax.Array, train: bool) -> tuple[jax.Array, jax.Array]:
    """Returns the outputs of the second (1/4) and third (1/8) of three stride-2 convolutions."""
    x = convolution(images, network.channels // 2, (3, 3), (2, 2))
    x = nn.relu(BatchNorm()(x, train=train))
    x = convolution(x, network.channels, (3, 3), (2, 2))
    before = BatchNorm()(x, train=train)
    x = convolution(nn.relu(before), network.channels, (3, 3), (2, 2))
    return before, BatchNorm()(x, train=train)
