"""What the logits depend on, in cells small enough to be worked out by hand."""

from __future__ import annotations

from econas_jax.export.live import live_inputs, live_places, live_states, terms
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.macro_net import walk
from econas_jax.spaces.darts.published import DARTS_V2

# Node 2 reads input 1, node 3 is zero and has the shape of input 0, nobody reads node 4, and node 5 reads node 2.
CELL = CellGenotype(
    (
        Edge("none", 0),
        Edge("sep_conv_3x3", 1),
        Edge("none", 0),
        Edge("none", 1),
        Edge("sep_conv_3x3", 0),
        Edge("skip_connect", 1),
        Edge("max_pool_3x3", 2),
        Edge("none", 0),
    ),
    (5,),
)


def test_edges_without_effect_are_no_terms() -> None:
    assert [[number for number, _ in terms(CELL, node)] for node in (2, 3, 4, 5)] == [[1], [2], [4, 5], [6]]


def test_live_states() -> None:
    assert live_states(CELL) == {1, 2, 5}
    assert live_states(CellGenotype(CELL.edges, (3,))) == {0, 3}
    assert live_inputs(CELL) == (1,)
    assert live_inputs(DARTS_V2.normal) == live_inputs(DARTS_V2.reduce) == (0, 1)


def test_cells_that_nobody_reads_are_left_out() -> None:
    only_input_0 = CellGenotype((Edge("skip_connect", 0), Edge("skip_connect", 0)), (2,))
    places = walk(2, 1)  # normal, reduction, normal, reduction, normal
    for genotype, expected in (
        (DARTS_V2, [0, 1, 2, 3, 4]),
        (Genotype(only_input_0, only_input_0), [0, 2, 4]),
        (Genotype(CELL, only_input_0), [1, 3, 4]),  # 4 reads 3, 3 reads 1, and 1 the stem
    ):
        assert [place.position for place in live_places(genotype, places)] == expected
