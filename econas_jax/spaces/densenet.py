"""DenseNet-BC as data: where its layers stand and what it costs, for the baseline of the paper's Table 2.

Huang et al., "Densely Connected Convolutional Networks" (CVPR 2017), as the authors' code builds it for CIFAR
(liuzhuang13/DenseNet, `models/densenet.lua`). A 3x3 convolution to 2k channels without normalisation, then three
blocks. A layer of a block is BN, ReLU, 1x1 to 4k, BN, ReLU, 3x3 to k, and what it makes is appended to its input.
Between blocks: BN, ReLU, 1x1 to half the channels, average pool of 2. At the end: BN, ReLU, global mean, linear layer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from econas_jax.errors import require, require_integer
from econas_jax.spaces import layers
from econas_jax.spaces.layers import Layer, Map, linear, pool

BLOCKS = 3
STEM_WIDTH = 2  # channels of the stem, in units of k
BOTTLENECK = 4  # channels inside a layer, in units of k
UNIT = 2 ** (BLOCKS - 1)  # a side must be a multiple of it, for the pools to halve it exactly
DEEPEST = 10_000  # layers; a network that nobody trains, and whose counts are still made in a blink


@dataclasses.dataclass(frozen=True)
class DenseNetBC:
    """A DenseNet-BC, but for its number of classes. Raises InputError for values that make no network."""

    depth: int  # L: its convolutions and the linear layer; 4 more than a multiple of 6
    growth: int  # k: channels that a layer appends

    def __post_init__(self) -> None:
        require_integer("depth", self.depth, 10, DEEPEST)
        require((self.depth - 4) % (2 * BLOCKS) == 0, "depth", self.depth, "a number 4 more than a multiple of 6")
        require_integer("growth", self.growth, 1)

    def __str__(self) -> str:
        """Returns the name in the paper's notation."""
        return f"DenseNet-BC (L={self.depth}, k={self.growth})"

    @property
    def layers_per_block(self) -> int:
        """The number of layers, of two convolutions each, in each block."""
        return (self.depth - 4) // (2 * BLOCKS)


def transition_channels(channels: int) -> int:
    """Returns the channels after a transition that reads so many: half of them, rounded down."""
    return channels // 2


def parameters(network: DenseNetBC, *, num_classes: int = 10) -> int:
    """Counts trainable parameters; raises InputError for a number of classes that makes no network."""
    return layers.parameters(_layers(network, UNIT, num_classes))


def multiply_adds(network: DenseNetBC, *, resolution: int, num_classes: int = 10, elementwise: bool = False) -> int:
    """Counts multiply-adds of convolutions and the linear layer for one image of resolution x resolution pixels.

    elementwise: also the operations of normalisations, ReLUs and pools (`spaces.layers`). Raises InputError for values
    that make no network.
    """
    return layers.multiply_adds(_layers(network, resolution, num_classes), elementwise=elementwise)


def require_side(field: str, side: object) -> None:
    """Raises InputError for a side in pixels that the pools cannot halve exactly."""
    require_integer(field, side, UNIT)
    require(isinstance(side, int) and side % UNIT == 0, field, side, f"a multiple of {UNIT}")


def _layers(network: DenseNetBC, side: int, num_classes: int) -> Iterator[Layer]:
    """Yields the layers of the network in order."""
    require_side("resolution", side)
    require_integer("num_classes", num_classes, 2)
    channels = STEM_WIDTH * network.growth
    yield Layer(9 * 3 * channels, side**2, affine=0)
    for block in range(BLOCKS):
        if block > 0:
            halved = transition_channels(channels)
            yield _convolution(1, Map(channels, side), halved)
            yield pool(Map(halved, side))
            channels, side = halved, side // 2
        for _ in range(network.layers_per_block):
            inside = Map(BOTTLENECK * network.growth, side)
            yield _convolution(1, Map(channels, side), inside.channels)
            yield _convolution(9, inside, network.growth)
            channels += network.growth
    last = Map(channels, side)
    yield Layer(0, 0, affine=2 * channels, elementwise=3 * last.elements)  # normalisation and ReLU
    yield pool(last)
    yield linear(channels, num_classes)


def _convolution(area: int, source: Map, outputs: int) -> Layer:
    """Returns BN and ReLU of the source, and a convolution that keeps its side."""
    return Layer(area * source.channels * outputs, source.side**2, 2 * source.channels, 3 * source.elements)
