"""Parameters and multiply-adds of a NAS-Bench-201 network, counted without building it.

The benchmark's published `flops` are these multiply-adds and one addition more for each class, the classifier's bias.
"""

from __future__ import annotations

from collections.abc import Iterator

from econas_jax.errors import require, require_integer
from econas_jax.spaces import layers
from econas_jax.spaces.layers import Layer
from econas_jax.spaces.nasbench201.genotype import Genotype
from econas_jax.spaces.proxy import MOST_CELLS_PER_STAGE, MOST_CHANNELS

STAGES = 3  # the channels double and the side halves between them
KERNELS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}  # pixels a side


def parameters(genotype: Genotype, *, channels: int, cells_per_stage: int, num_classes: int = 10) -> int:
    """Counts trainable parameters; every edge counts, also one that the output does not depend on.

    channels: C of the first stage (the benchmark: 16); cells_per_stage: N (5). Raises InputError for values that make
    no network.
    """
    side = 2 ** (STAGES - 1)  # does not matter here
    return layers.parameters(_layers(genotype, channels, cells_per_stage, side, num_classes))


def multiply_adds(
    genotype: Genotype, *, channels: int, cells_per_stage: int, resolution: int, num_classes: int = 10
) -> int:
    """Counts the multiply-adds of convolutions and of the classifier for one image of resolution x resolution pixels.

    Other arguments as for `parameters`. Raises InputError for values that make no network.
    """
    return layers.multiply_adds(_layers(genotype, channels, cells_per_stage, resolution, num_classes))


def _layers(genotype: Genotype, channels: int, cells_per_stage: int, side: int, num_classes: int) -> Iterator[Layer]:
    """Yields the layers of the network."""
    require_integer("channels", channels, 1, MOST_CHANNELS)
    require_integer("cells_per_stage", cells_per_stage, 1, MOST_CELLS_PER_STAGE)
    require_integer("num_classes", num_classes, 2)
    require_resolution("resolution", side)
    yield _convolution(3, 3, channels, side)
    for stage in range(STAGES):
        if stage > 0:
            channels, side = 2 * channels, side // 2
            yield _convolution(3, channels // 2, channels, side)
            yield _convolution(3, channels, channels, side)
            yield _convolution(1, channels // 2, channels, side)._replace(affine=0)
        for operation in genotype.operations:
            if operation in KERNELS:
                edge = _convolution(KERNELS[operation], channels, channels, side)
                yield from (edge,) * cells_per_stage
    yield Layer(0, 1, affine=2 * channels)  # the last normalisation
    yield Layer(channels * num_classes, 1, affine=num_classes)


def require_resolution(field: str, value: object) -> None:
    """Raises InputError for a side in pixels that cannot be halved exactly between the stages."""
    unit = 2 ** (STAGES - 1)
    require_integer(field, value, unit)
    require(isinstance(value, int) and value % unit == 0, field, value, f"a multiple of {unit}")


def _convolution(kernel: int, inputs: int, outputs: int, side: int) -> Layer:
    """A convolution with batch normalisation after it; side: of its output."""
    return Layer(kernel**2 * inputs * outputs, side**2, affine=2 * outputs)
