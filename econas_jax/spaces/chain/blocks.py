"""Blocks as data: MobileNet's inverted bottlenecks and the two kinds of ShuffleNetV2, each a few convolutions."""

from __future__ import annotations

from typing import Literal, NamedTuple

from econas_jax.spaces.layers import Layer

Activation = Literal["relu", "relu6", "none"]
# What becomes of a block's convolutions of x: they are its output, or x is added, or half of x stands beside them.
Join = Literal["plain", "residual", "shuffle"]


class Unit(NamedTuple):
    """A convolution without bias, a batch normalisation and an activation; zeros around the map keep its size."""

    inputs: int  # channels
    outputs: int  # channels; of a depthwise convolution as many as inputs
    kernel: int = 1  # pixels a side, odd
    stride: int = 1
    depthwise: bool = False
    activation: Activation = "none"

    @property
    def weights(self) -> int:
        """The numbers in the convolution's kernel."""
        return self.kernel**2 * self.outputs * (1 if self.depthwise else self.inputs)

    def side(self, side: int) -> int:
        """Returns the side of the output for a map of this side."""
        return (side - 1) // self.stride + 1

    def layer(self, side: int, *, affine: bool) -> Layer:
        """Returns what is counted for a map of this side; affine: whether the normalisation has scale and shift."""
        positions = self.side(side) ** 2
        elementwise = (2 + (self.activation != "none")) * self.outputs * positions
        return Layer(self.weights, positions, 2 * self.outputs * affine, elementwise)


class Block(NamedTuple):
    """Convolutions one after the other, and how their output and the input x are joined; without any it is x itself.

    join: "plain", the output alone; "residual", x is added; "shuffle", the output stands after that of `side`, and if
    there is none after the even channels of x, of which it reads the odd ones.
    """

    main: tuple[Unit, ...]
    join: Join = "plain"
    side: tuple[Unit, ...] = ()

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units, those of `main` first."""
        return (*self.main, *self.side)

    def layers(self, side: int, *, affine: bool) -> tuple[Layer, ...]:
        """Returns what is counted for a map of this side."""
        made = []
        for branch in (self.main, self.side):
            current = side
            for unit in branch:
                made.append(unit.layer(current, affine=affine))
                current = unit.side(current)
        return tuple(made)

    def out_side(self, side: int) -> int:
        """Returns the side of the output for a map of this side."""
        for unit in self.main:
            side = unit.side(side)
        return side


IDENTITY = Block(())


def mbconv(inputs: int, outputs: int, kernel: int, expansion: int, stride: int = 1) -> Block:
    """Returns an inverted bottleneck (Sandler et al., MobileNetV2, 2018, section 3): 1x1 up, depthwise, 1x1 down.

    expansion: the channels inside, in units of `inputs`; with 1 there is no first convolution. x is added where it has
    the output's shape.
    """
    inside = inputs * expansion
    up = (Unit(inputs, inside, activation="relu6"),) if expansion > 1 else ()
    filtering = Unit(inside, inside, kernel, stride, depthwise=True, activation="relu6")
    joined: Join = "residual" if stride == 1 and inputs == outputs else "plain"
    return Block((*up, filtering, Unit(inside, outputs)), joined)


def shuffle(inputs: int, outputs: int, kernel: int, stride: int) -> Block:
    """Returns a block of ShuffleNetV2 (Ma et al., 2018, Figure 3) whose depthwise convolutions are kernel x kernel."""
    own, middle, made = _widths(inputs, outputs, stride)
    main = (
        Unit(own, middle, activation="relu"),
        Unit(middle, middle, kernel, stride, depthwise=True),
        Unit(middle, made, activation="relu"),
    )
    return Block(main, "shuffle", _projection(inputs, kernel, stride))


def shuffle_xception(inputs: int, outputs: int, stride: int) -> Block:
    """Returns SPOS's fourth choice (Guo et al., 2020, section 4): three 3x3 depthwise and 1x1 convolutions in turn."""
    own, middle, made = _widths(inputs, outputs, stride)
    main: list[Unit] = []
    for source, target, step in ((own, middle, stride), (middle, middle, 1), (middle, made, 1)):
        main += [Unit(source, source, 3, step, depthwise=True), Unit(source, target, activation="relu")]
    return Block(tuple(main), "shuffle", _projection(inputs, 3, stride))


def _widths(inputs: int, outputs: int, stride: int) -> tuple[int, int, int]:
    """Returns the channels that `main` reads, has inside, and makes."""
    own = inputs // 2 if stride == 1 else inputs
    return own, outputs // 2, outputs - own


def _projection(inputs: int, kernel: int, stride: int) -> tuple[Unit, ...]:
    """Returns what a block of stride 2 does to the other half."""
    if stride == 1:
        return ()
    return Unit(inputs, inputs, kernel, stride, depthwise=True), Unit(inputs, inputs, activation="relu")
