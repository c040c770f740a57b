"""Layers as numbers, from which parameters and operations of a network are counted without building it.

The literature counts multiply-adds in two ways, and papers seldom say in which. One takes convolutions and linear
layers alone. The other adds what is done element by element, here exactly as ptflops 0.7 does
(sovrasov/flops-counter.pytorch, `ptflops/pytorch_ops.py`): an operation for each element that a ReLU or a pool reads,
two for each that a normalisation with scale and shift reads, one for each bias. Sums of branches, concatenations and
zeros count nothing in either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Layer(NamedTuple):
    """A convolution or linear layer with what is around it, or a pool: each weight is multiplied once a position."""

    weights: int
    positions: int  # of the output
    affine: int  # scales and shifts of a batch normalisation beside it, or a bias; not in the multiply-adds
    elementwise: int = 0  # operations of activation, normalisation, bias and pool, as ptflops counts them


class Map(NamedTuple):
    """A feature map: its channels, and its side in pixels."""

    channels: int
    side: int

    @property
    def elements(self) -> int:
        """The number of values in it."""
        return self.channels * self.side**2


def parameters(layers: Iterable[Layer]) -> int:
    """Counts trainable parameters."""
    return sum(layer.weights + layer.affine for layer in layers)


def multiply_adds(layers: Iterable[Layer], *, elementwise: bool = False) -> int:
    """Counts multiply-adds of one image's forward pass; elementwise: with activations, normalisations and pools."""
    return sum(layer.weights * layer.positions + elementwise * layer.elementwise for layer in layers)


def convolution(area: int, source: Map, output: Map, *, activated: bool = True) -> Layer:
    """Returns a dense convolution and the batch normalisation after it; activated: with a ReLU before it."""
    elementwise = activated * source.elements + 2 * output.elements
    return Layer(area * source.channels * output.channels, output.side**2, 2 * output.channels, elementwise)


def pool(source: Map) -> Layer:
    """Returns a pool of any size and kind."""
    return Layer(0, 0, affine=0, elementwise=source.elements)


def linear(inputs: int, outputs: int) -> Layer:
    """Returns a linear layer with a bias."""
    return Layer(inputs * outputs, 1, affine=outputs, elementwise=outputs)
