"""Parameters and multiply-adds of a genotype's network, counted layer by layer without building it.

Maps are square. An operation of stride 2 maps a side of h to (h + 1) // 2, as its explicit padding does. A factorized
reduce is counted as one 1x1 convolution: its two, to half the channels each, cost as much together (on an odd side it
is taken to give (h + 1) // 2 in both halves).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from econas_jax.errors import require, require_integer
from econas_jax.spaces import layers
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype, Genotype
from econas_jax.spaces.darts.macro_net import (
    AUXILIARY_CHANNELS,
    COLOURS,
    STEM_WIDTH,
    CellPlace,
    Stem,
    auxiliary_sides,
    check_macro_net,
    halved,
    walk,
)
from econas_jax.spaces.layers import Layer, Map, convolution, linear, pool
from econas_jax.spaces.proxy import MINIMUM_RESOLUTION


def parameters(
    genotype: Genotype,
    *,
    channels: int,
    cells_per_stage: int,
    num_classes: int = 10,
    stem: Stem = "cifar",
    auxiliary: bool = False,
) -> int:
    """Counts trainable parameters; every edge counts, dead nodes included, as in the network one builds.

    channels: C of the first cells; cells_per_stage: N, for 3N + 2 cells; auxiliary: with DARTS's auxiliary head.
    Raises InputError for values that make no network.
    """
    # The sides do not matter here; this one suits the auxiliary head of either stem.
    side = 32 if stem == "cifar" else 224
    return layers.parameters(_network(genotype, channels, cells_per_stage, side, num_classes, stem, auxiliary))


def multiply_adds(
    genotype: Genotype,
    *,
    channels: int,
    cells_per_stage: int,
    resolution: int,
    num_classes: int = 10,
    stem: Stem = "cifar",
    auxiliary: bool = False,
    elementwise: bool = False,
) -> int:
    """Counts multiply-adds of convolutions and linear layers: the forward pass of one resolution x resolution image.

    elementwise: also the operations of batch normalisations, ReLUs and pools, by the other convention of the literature
    (`spaces.layers`); the other arguments as for `parameters`. Raises InputError for values that make no network, such
    as a resolution at which the auxiliary head's pool and convolutions do not end in one pixel.
    """
    network = _network(genotype, channels, cells_per_stage, resolution, num_classes, stem, auxiliary)
    return layers.multiply_adds(network, elementwise=elementwise)


def _network(
    genotype: Genotype,
    channels: int,
    cells_per_stage: int,
    resolution: int,
    num_classes: int,
    stem: Stem,
    auxiliary: bool,
) -> Iterator[Layer]:
    """Yields the layers of the network in order."""
    check_macro_net(channels, cells_per_stage, num_classes, stem)
    require_integer("resolution", resolution, MINIMUM_RESOLUTION)
    yield from _stem(stem, channels, resolution)
    outputs = list(_stem_outputs(stem, channels, resolution))  # of the stem, then of every cell
    for place in walk(channels, cells_per_stage, stem):
        cell = genotype.reduce if place.reduction else genotype.normal
        inside = Map(place.channels, place.side(resolution))
        nodes = Map(place.channels, place.output_side(resolution))
        yield from _cell(cell, place, [outputs[2 + source] for source in place.reads], inside, nodes)
        outputs.append(Map(len(cell.concat) * nodes.channels, nodes.side))
        if auxiliary and place.auxiliary:
            yield from _auxiliary_head(outputs[-1], num_classes, stem)
    yield pool(outputs[-1])
    yield linear(outputs[-1].channels, num_classes)


def _stem(stem: Stem, channels: int, side: int) -> Iterator[Layer]:
    """Yields the layers of the stem."""
    before, last = _stem_outputs(stem, channels, side)
    image = Map(COLOURS, side)
    if stem == "cifar":
        yield convolution(9, image, last, activated=False)
        return
    half = Map(channels // 2, halved(side))
    yield convolution(9, image, half, activated=False)
    yield convolution(9, half, before)
    yield convolution(9, before, last)


def _stem_outputs(stem: Stem, channels: int, side: int) -> tuple[Map, Map]:
    """Returns what the first cell reads as inputs 0 and 1."""
    if stem == "cifar":
        return Map(STEM_WIDTH * channels, side), Map(STEM_WIDTH * channels, side)
    return Map(channels, halved(side, 2)), Map(channels, halved(side, 3))


def _cell(cell: CellGenotype, place: CellPlace, sources: Sequence[Map], inside: Map, nodes: Map) -> Iterator[Layer]:
    """Yields the layers of a cell; sources: its inputs, inside: these after preprocessing, nodes: any of its nodes."""
    for source in sources:  # a factorized reduce costs as much as the 1x1 convolution that is counted
        yield convolution(1, source, inside)
    for edge in cell.edges:
        source = inside if edge.input < CELL_INPUTS else nodes
        yield from operation_layers(edge.operation, source, nodes, place.stride(edge.input))


def operation_layers(operation: str, source: Map, output: Map, stride: int) -> Iterator[Layer]:
    """Yields the layers of an edge; `none` has none, and the identity neither."""
    family, _, kernel = operation.rpartition("_")
    if family in ("sep_conv", "dil_conv"):
        area = int(kernel[0]) ** 2
        for place in range(2 if family == "sep_conv" else 1):
            read = source if place == 0 else output
            yield Layer(area * output.channels, output.side**2, affine=0, elementwise=read.elements)
            yield convolution(1, output, output, activated=False)
    elif operation == "conv_7x1_1x7":
        weights = 7 * source.channels * output.channels
        # The first halves the width alone and has no normalisation.
        yield Layer(weights, source.side * output.side, affine=0, elementwise=source.elements)
        yield convolution(7, output, output, activated=False)
    elif family in ("max_pool", "avg_pool"):
        yield pool(source)
    elif operation == "skip_connect" and stride == 2:
        yield convolution(1, source, output)


def _auxiliary_head(source: Map, num_classes: int, stem: Stem) -> Iterator[Layer]:
    """Yields pool, 1x1 and 2x2 convolution, linear layer. DARTS's ImageNet head lacks the second normalisation."""
    fits = source.side in auxiliary_sides(stem)
    require(fits, "auxiliary", True, f"False where the second reduction's map has {source.side} pixels a side")
    inner, features = AUXILIARY_CHANNELS
    pooled, narrow, last = Map(source.channels, 2), Map(inner, 2), Map(features, 1)
    # The first ReLU reads the map before it is pooled.
    yield pool(source)
    yield convolution(1, pooled, narrow, activated=False)._replace(elementwise=source.elements + 2 * narrow.elements)
    end = convolution(4, narrow, last)
    yield end if stem == "cifar" else end._replace(affine=0, elementwise=narrow.elements)
    yield Layer(0, 0, affine=0, elementwise=last.elements)
    yield linear(features, num_classes)
