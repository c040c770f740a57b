"""The proxy: the reduced setting in which candidates are trained, with the paper's names such as c4r4s0e60."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from econas_jax.errors import InputError, require, require_integer

# Table 1 of the paper, subscripts 0 to 4.
CHANNELS = (36, 24, 18, 12, 9)
RESOLUTIONS = (32, 24, 16, 12, 8)
SAMPLE_RATIOS = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16)

MINIMUM_RESOLUTION = 4  # the networks of every space halve a map twice, which leaves one pixel
# Beyond these a network is a slip of the pen, and counting its cells would already take all memory.
MOST_CHANNELS, MOST_CELLS_PER_STAGE = 65_536, 1_000
NAME = re.compile(r"c([0-4])r([0-4])s([0-4])e([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True)
class Proxy:
    """A reduced setting (paper, section 3): any values, of which Table 1 names some.

    channels: of the first cells; resolution: pixels a side of the square training images; sample_ratio: the share of
    the training images in use, in (0, 1]; epochs: passes over these. Raises InputError for values out of range.
    """

    channels: int
    resolution: int
    sample_ratio: float
    epochs: int

    def __post_init__(self) -> None:
        require_integer("channels", self.channels, 1, MOST_CHANNELS)
        require_integer("resolution", self.resolution, MINIMUM_RESOLUTION)
        ratio = self.sample_ratio
        number = isinstance(ratio, int | float) and not isinstance(ratio, bool)
        require(number and 0 < ratio <= 1, "sample_ratio", ratio, "a number above 0 and at most 1")
        require_integer("epochs", self.epochs, 1)
        object.__setattr__(self, "sample_ratio", float(ratio))

    @classmethod
    def parse(cls, name: str) -> Proxy:
        """Reads a name such as c4r4s0e60: Table 1's subscripts of c, r and s, then the epochs. Raises InputError."""
        match = NAME.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            raise InputError("proxy", name, "a name such as c4r4s0e60 with subscripts from 0 to 4 and 1 epoch or more")
        c, r, s, epochs = map(int, match.groups())
        return cls(CHANNELS[c], RESOLUTIONS[r], SAMPLE_RATIOS[s], epochs)

    @property
    def subscripts(self) -> tuple[int, int, int] | None:
        """Table 1's subscripts of c, r and s, or None where a value is not in the table."""
        try:
            return (
                CHANNELS.index(self.channels),
                RESOLUTIONS.index(self.resolution),
                SAMPLE_RATIOS.index(self.sample_ratio),
            )
        except ValueError:
            return None

    @property
    def nominal_speedup(self) -> int:
        """The paper's 2^(a+b+c) against c0 r0 s0 with as many epochs; raises InputError for values not in Table 1."""
        if self.subscripts is None:
            raise InputError("proxy", str(self), "values of Table 1, which alone have a nominal speed-up")
        return int(2 ** sum(self.subscripts))

    def relative_cost(self, other: Proxy) -> float:
        """The cost of training by this proxy as a multiple of the other's.

        Leading order: multiply-adds an image grow with channels squared and with resolution squared, and there are
        sample_ratio * epochs passes. Depthwise convolutions (linear in the channels), the classifier, and odd
        map sizes, which halve to the larger half, are not told apart; `spaces.darts.multiply_adds` is exact.
        """
        return math.prod(
            (
                (self.channels / other.channels) ** 2,
                (self.resolution / other.resolution) ** 2,
                self.sample_ratio / other.sample_ratio,
                self.epochs / other.epochs,
            )
        )

    def __str__(self) -> str:
        """Returns the paper's name where there is one, else the four values in words."""
        if self.subscripts is None:
            images = "all images" if self.sample_ratio == 1 else f"{100 * self.sample_ratio:g} % of the images"
            size = f"{self.resolution}x{self.resolution} pixels"
            return f"{_counted(self.channels, 'channel')}, {size}, {images}, {_counted(self.epochs, 'epoch')}"
        c, r, s = self.subscripts
        return f"c{c}r{r}s{s}e{self.epochs}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
