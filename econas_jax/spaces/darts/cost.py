"""Parameters and multiply-adds of a genotype's network, from a walk over its layers without building it.

Maps are square. An operation of stride 2 maps a side of h to (h + 1) // 2, as its explicit padding does. A factorized
reduce is counted as one 1x1 convolution: its two, to half the channels each, cost as much together (on an odd side it
is taken to give (h + 1) // 2 in both halves).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

from econas_jax.errors import require, require_integer
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import Genotype

Stem = Literal["cifar", "imagenet"]

MINIMUM_RESOLUTION = 4
AUXILIARY_STRIDES: dict[Stem, int] = {"cifar": 3, "imagenet": 2}  # of the head's 5 x 5 average pool (DARTS)


class Layer(NamedTuple):
    """A convolution or linear layer: each weight is multiplied once for every output position."""

    weights: int
    positions: int
    affine: int  # scales and shifts of the batch normalisation that follows, or a bias; not in the multiply-adds


class Map(NamedTuple):
    """A feature map: its channels, and its side in pixels."""

    channels: int
    side: int


def parameters(
    genotype: Genotype,
    *,
    channels: int,
    cells_per_stage: int,
    num_classes: int = 10,
    stem: Stem = "cifar",
    auxiliary: bool = False,
) -> int:
    """The number of trainable parameters; every edge counts, dead nodes included, as in the network one builds.

    channels: C of the first cells; cells_per_stage: N, for 3N + 2 cells; auxiliary: with DARTS's auxiliary head.
    Raises InputError for values that make no network.
    """
    # The sides do not matter here; this one suits the auxiliary head of either stem.
    side = 32 if stem == "cifar" else 224
    layers = _network(genotype, channels, cells_per_stage, side, num_classes, stem, auxiliary)
    return sum(layer.weights + layer.affine for layer in layers)


def multiply_adds(
    genotype: Genotype,
    *,
    channels: int,
    cells_per_stage: int,
    resolution: int,
    num_classes: int = 10,
    stem: Stem = "cifar",
    auxiliary: bool = False,
) -> int:
    """Multiply-adds of the convolutions and linear layers for one image of resolution x resolution pixels, forward.

    Arguments as for `parameters`. Raises InputError for values that make no network, such as a resolution at which the
    auxiliary head's pool and convolutions do not end in one pixel.
    """
    layers = _network(genotype, channels, cells_per_stage, resolution, num_classes, stem, auxiliary)
    return sum(layer.weights * layer.positions for layer in layers)


def _network(
    genotype: Genotype, channels: int, cells_per_stage: int, side: int, num_classes: int, stem: Stem, auxiliary: bool
) -> Iterator[Layer]:
    """The layers of the macro-net (definitions of DARTS), in order; the one place that knows what the network is."""
    require_integer("channels", channels, 1)
    require_integer("cells_per_stage", cells_per_stage, 1)
    require_integer("num_classes", num_classes, 2)
    require_integer("resolution", side, MINIMUM_RESOLUTION)
    require(stem in get_args(Stem), "stem", stem, "cifar or imagenet")
    even = stem == "cifar" or channels % 2 == 0
    require(even, "channels", channels, "an even number for the imagenet stem, which halves it")
    yield from _stem(stem, channels, side)
    before, last = _stem_outputs(stem, channels, side)
    reductions = (cells_per_stage, 2 * cells_per_stage + 1)
    for place in range(3 * cells_per_stage + 2):
        is_reduction = place in reductions
        cell = genotype.reduce if is_reduction else genotype.normal
        channels *= 2 if is_reduction else 1
        inside = Map(channels, last.side)
        output = Map(channels, _halve(last.side)) if is_reduction else inside
        # The first is a factorized reduce after a reduction.
        yield _convolution(1, before, inside)
        yield _convolution(1, last, inside)
        for edge in cell.edges:
            reads_cell_input = edge.input < CELL_INPUTS
            stride = 2 if is_reduction and reads_cell_input else 1
            yield from _operation(edge.operation, inside if reads_cell_input else output, output, stride)
        before, last = last, Map(len(cell.concat) * channels, output.side)
        if auxiliary and place == reductions[1]:
            yield from _auxiliary_head(last, num_classes, stem)
    yield _linear(last.channels, num_classes)


def _stem(stem: Stem, channels: int, side: int) -> Iterator[Layer]:
    if stem == "cifar":
        yield _convolution(9, Map(3, side), Map(3 * channels, side))
        return
    image, half = Map(3, side), Map(channels // 2, _halve(side))
    before, last = _stem_outputs(stem, channels, side)
    yield _convolution(9, image, half)
    yield _convolution(9, half, before)
    yield _convolution(9, before, last)


def _stem_outputs(stem: Stem, channels: int, side: int) -> tuple[Map, Map]:
    """What the first cell takes for the outputs of the two cells before it."""
    if stem == "cifar":
        return Map(3 * channels, side), Map(3 * channels, side)
    quarter = _halve(_halve(side))
    return Map(channels, quarter), Map(channels, _halve(quarter))


def _operation(operation: str, source: Map, output: Map, stride: int) -> Iterator[Layer]:
    """The layers of an edge; `none` and the pools have none."""
    family, _, kernel = operation.rpartition("_")
    if family in ("sep_conv", "dil_conv"):
        area = int(kernel[0]) ** 2
        for _ in range(2 if family == "sep_conv" else 1):
            yield Layer(area * output.channels, output.side**2, affine=0)
            yield _convolution(1, output, output)
    elif operation == "conv_7x1_1x7":
        weights = 7 * source.channels * output.channels
        # The first halves the width alone and has no normalisation.
        yield Layer(weights, source.side * output.side, affine=0)
        yield _convolution(7, output, output)
    elif operation == "skip_connect" and stride == 2:
        yield _convolution(1, source, output)


def _auxiliary_head(source: Map, num_classes: int, stem: Stem) -> Iterator[Layer]:
    """Pool, 1x1 to 128, 2x2 to 768, linear. DARTS's ImageNet head lacks the second normalisation."""
    pooled = (source.side - 5) // AUXILIARY_STRIDES[stem] + 1
    require(pooled == 2, "auxiliary", True, f"False where the second reduction's map has {source.side} pixels a side")
    yield _convolution(1, source, Map(128, 2))
    last = _convolution(4, Map(128, 2), Map(768, 1))
    yield last if stem == "cifar" else last._replace(affine=0)
    yield _linear(768, num_classes)


def _convolution(area: int, source: Map, output: Map) -> Layer:
    """A dense convolution with batch normalisation after it."""
    return Layer(area * source.channels * output.channels, output.side**2, affine=2 * output.channels)


def _linear(inputs: int, outputs: int) -> Layer:
    return Layer(inputs * outputs, 1, affine=outputs)


def _halve(side: int) -> int:
    return (side + 1) // 2
