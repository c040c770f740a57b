"""The walk over the macro-net's cells against DARTS's published layout and against its recurrence."""

from __future__ import annotations

import pytest

from econas_jax.spaces.darts.macro_net import (
    IMAGE_UNITS,
    Stem,
    auxiliary_sides,
    check_macro_net,
    halved,
    stages,
    walk,
)
from econas_jax.spaces.proxy import MINIMUM_RESOLUTION


def test_darts_has_twenty_cells_with_reductions_at_a_third_and_two_thirds() -> None:
    cells = walk(36, 6)
    assert len(cells) == 20
    assert [cell.position for cell in cells if cell.reduction] == [6, 13] == [20 // 3, 2 * 20 // 3]
    assert [cell.channels for cell in cells] == [36] * 6 + [72] * 7 + [144] * 7
    assert [cell.side(32) for cell in cells] == [32] * 7 + [16] * 7 + [8] * 6
    assert [cell.output_side(32) for cell in cells] == [32] * 6 + [16] * 7 + [8] * 7
    assert [cell.position for cell in cells if cell.halves_input0] == [7, 14]
    assert [cell.position for cell in cells if cell.auxiliary] == [13]
    assert len(walk(48, 4, "imagenet")) == 14


@pytest.mark.parametrize("cells_per_stage", [1, 2, 5])
@pytest.mark.parametrize(("stem", "sides"), [("cifar", (32, 32)), ("imagenet", (56, 28))])
def test_what_cells_read_is_what_the_cells_before_them_make(
    cells_per_stage: int, stem: Stem, sides: tuple[int, int]
) -> None:
    resolution = 32 if stem == "cifar" else 224
    outputs = dict(zip((-2, -1), sides, strict=True))
    for position, cell in enumerate(walk(4, cells_per_stage, stem)):
        assert cell.position == position
        assert cell.reads == (position - 2, position - 1)
        before, last = (outputs[source] for source in cell.reads)
        assert cell.side(resolution) == last
        assert cell.halves_input0 == (before == 2 * last)
        outputs[position] = cell.output_side(resolution)
        assert cell.output_side(resolution) == (last // 2 if cell.reduction else last)
        assert [cell.stride(source) for source in range(4)] == ([2, 2, 1, 1] if cell.reduction else [1] * 4)


@pytest.mark.parametrize("cells_per_stage", [1, 3])
def test_stages_are_the_walk_in_parts(cells_per_stage: int) -> None:
    grouped = stages(4, cells_per_stage)
    assert [len(stage.cells) for stage in grouped] == [cells_per_stage] * 3
    joined = [cell for stage in grouped for cell in (*stage.cells, *filter(None, [stage.reduction]))]
    assert tuple(joined) == walk(4, cells_per_stage)
    assert [cell.reduction for stage in grouped for cell in stage.cells] == [False] * 3 * cells_per_stage


def test_odd_sides_are_halved_to_the_larger_half() -> None:
    for side in range(1, 40):
        assert halved(halved(side)) == halved(side, 2) == ((side + 1) // 2 + 1) // 2


def test_sides_that_images_and_auxiliary_heads_take() -> None:
    assert IMAGE_UNITS == {"cifar": 4, "imagenet": 32}
    assert IMAGE_UNITS["cifar"] == MINIMUM_RESOLUTION
    strides: dict[Stem, int] = {"cifar": 3, "imagenet": 2}
    for stem, stride in strides.items():
        fits = [side for side in range(5, 30) if (side - 5) // stride + 1 == 2]
        assert list(auxiliary_sides(stem)) == fits
        assert {"cifar": 8, "imagenet": 7}[stem] in fits


def test_a_published_network_is_accepted() -> None:
    check_macro_net(48, 4, 1000, "imagenet")
