"""The macro-net of the DARTS space: where its cells stand and what each reads, for the counts and for every network.

A stem, then three stages of N normal cells with a reduction cell between them, then a global mean and a linear layer:
3N + 2 cells (DARTS; paper, Figure 2). N = 6 gives DARTS's 20 cells, with reductions at 6 and 13.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from econas_jax.errors import require, require_integer
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.proxy import MOST_CELLS_PER_STAGE, MOST_CHANNELS

Stem = Literal["cifar", "imagenet"]

STEMS: tuple[Stem, ...] = get_args(Stem)
STAGES = 3
COLOURS = 3
STEM_WIDTH = 3  # channels of the CIFAR stem, in units of C
STEM_HALVINGS: dict[Stem, int] = {"cifar": 0, "imagenet": 3}
# A side that is a multiple of this is halved without a remainder by every reduction.
IMAGE_UNITS: dict[Stem, int] = {stem: 2 ** (halvings + STAGES - 1) for stem, halvings in STEM_HALVINGS.items()}

# The auxiliary head of DARTS: an average pool that leaves 2 x 2 pixels, then convolutions to these channels.
AUXILIARY_POOL = 5
AUXILIARY_STRIDES: dict[Stem, int] = {"cifar": 3, "imagenet": 2}
AUXILIARY_CHANNELS = (128, 768)


class CellPlace(NamedTuple):
    """A cell's place in the macro-net."""

    position: int  # in the order of computation, from 0
    stage: int  # a reduction cell belongs to the stage that it ends
    reduction: bool
    channels: int  # of each of its nodes
    halvings: int  # of the image's side, up to the map that is its input 1
    reads: tuple[int, int]  # the cells whose outputs are inputs 0 and 1; -2 and -1 are the stem's two outputs
    halves_input0: bool  # input 0 is twice as large as input 1, so a factorized reduce preprocesses it
    auxiliary: bool  # its output is what an auxiliary head reads

    def side(self, resolution: int) -> int:
        """Returns the side of the map that is its input 1, in pixels, for square images of `resolution` pixels."""
        return halved(resolution, self.halvings)

    def output_side(self, resolution: int) -> int:
        """Returns the side of its output's map, in pixels, for square images of `resolution` pixels."""
        return halved(resolution, self.halvings + self.reduction)

    def stride(self, source: int) -> int:
        """Returns the stride of an edge that reads `source`: 2 from the inputs of a reduction cell, else 1."""
        return 2 if self.reduction and source < CELL_INPUTS else 1


class Stage(NamedTuple):
    """A stage: its normal cells, and the reduction cell that ends it (None in the last stage)."""

    cells: tuple[CellPlace, ...]
    reduction: CellPlace | None


def walk(channels: int, cells_per_stage: int, stem: Stem = "cifar") -> tuple[CellPlace, ...]:
    """Returns all cells in the order of computation.

    channels: C of the first cells, doubled by every reduction; cells_per_stage: N.
    """
    cells = []
    for position in range(STAGES * (cells_per_stage + 1) - 1):
        stage, place = divmod(position, cells_per_stage + 1)
        reduction = place == cells_per_stage
        cells.append(
            CellPlace(
                position=position,
                stage=stage,
                reduction=reduction,
                channels=channels * 2 ** (stage + reduction),
                halvings=STEM_HALVINGS[stem] + stage,
                reads=(position - 2, position - 1),
                # The two outputs of the ImageNet stem differ in size as those around a reduction do.
                halves_input0=place == 0 and (stage > 0 or stem == "imagenet"),
                auxiliary=reduction and stage == STAGES - 2,
            )
        )
    return tuple(cells)


def stages(channels: int, cells_per_stage: int, stem: Stem = "cifar") -> tuple[Stage, ...]:
    """Returns the cells of `walk`, grouped by stage."""
    cells = walk(channels, cells_per_stage, stem)
    grouped = []
    for stage in range(STAGES):
        members = [cell for cell in cells if cell.stage == stage]
        reductions = [cell for cell in members if cell.reduction]
        normal = tuple(cell for cell in members if not cell.reduction)
        grouped.append(Stage(normal, reductions[0] if reductions else None))
    return tuple(grouped)


def halved(side: int, times: int = 1) -> int:
    """Returns a map's side after this many halvings; an odd side is halved to the larger half."""
    return -(-side // 2**times)


def auxiliary_sides(stem: Stem) -> range:
    """Returns the sides of the maps that the auxiliary head's pool brings to 2 x 2 pixels."""
    stride = AUXILIARY_STRIDES[stem]
    return range(AUXILIARY_POOL + stride, AUXILIARY_POOL + 2 * stride)


def check_macro_net(channels: int, cells_per_stage: int, num_classes: int, stem: Stem = "cifar") -> None:
    """Raises InputError for values that make no network."""
    require_integer("channels", channels, 1, MOST_CHANNELS)
    require_integer("cells_per_stage", cells_per_stage, 1, MOST_CELLS_PER_STAGE)
    require_integer("num_classes", num_classes, 2)
    require(stem in STEMS, "stem", stem, f"one of {', '.join(STEMS)}")
    even = stem == "cifar" or channels % 2 == 0
    require(even, "channels", channels, "an even number with the imagenet stem, whose first layer has half as many")
