"""A network whose blocks stand in a chain, as data, and what it costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Literal

from econas_jax.errors import require_integer
from econas_jax.spaces import layers
from econas_jax.spaces.chain.blocks import Block, Unit
from econas_jax.spaces.layers import Layer, Map, pool

# Whose initial values: ProxylessNAS's, normal by the kernel's size and outputs; or SPOS's, normal by its inputs.
Initial = Literal["proxyless", "spos"]


@dataclasses.dataclass(frozen=True)
class Chain:
    """A stem, blocks, a last convolution, a global mean and a linear classifier."""

    stem: Unit
    blocks: tuple[Block, ...]
    last: Unit
    classifier_bias: bool = True
    affine: bool = True  # whether normalisations have a scale and a shift
    initial: Initial = "proxyless"


def parameters(network: Chain, *, num_classes: int) -> int:
    """Counts trainable parameters; raises InputError for a number of classes that makes no network."""
    return layers.parameters(_layers(network, 1, num_classes))


def multiply_adds(network: Chain, *, resolution: int, num_classes: int, elementwise: bool = False) -> int:
    """Counts multiply-adds of convolutions and the linear layer for one image of resolution x resolution pixels.

    elementwise: also the operations of normalisations, activations and the mean (`spaces.layers`). Raises InputError
    for values that make no network.
    """
    return layers.multiply_adds(_layers(network, resolution, num_classes), elementwise=elementwise)


def classifier(inputs: int, num_classes: int, bias: bool) -> Layer:
    """Returns the linear layer at the end."""
    return Layer(inputs * num_classes, 1, affine=num_classes * bias, elementwise=num_classes * bias)


def _layers(network: Chain, side: int, num_classes: int) -> Iterator[Layer]:
    """Yields the layers of the network in order."""
    require_integer("resolution", side, 1)
    require_integer("num_classes", num_classes, 2)
    yield network.stem.layer(side, affine=network.affine)
    side = network.stem.side(side)
    for block in network.blocks:
        yield from block.layers(side, affine=network.affine)
        side = block.out_side(side)
    yield network.last.layer(side, affine=network.affine)
    yield pool(Map(network.last.outputs, side))
    yield classifier(network.last.outputs, num_classes, network.classifier_bias)
