"""Genotypes from hand-made tables, by the rule of each method."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.nn.darts.supernet.places import edge_count
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, CellGenotype
from econas_jax.supernet.derive import (
    Rule,
    Shares,
    by_edge,
    by_edge_with_none,
    by_operation,
    derived_genotype,
    node_rows,
    skips,
)
from econas_jax.supernet.methods.tables import host_softmax

NONE, MAX, AVG, SKIP, SEP3, SEP5, DIL3, DIL5 = range(8)


def table(nodes: int, **strengths: float) -> np.ndarray:
    """A table of 0.01 but for the entries given, named by edge and operation: e2_SKIP=0.5."""
    values = np.full((edge_count(nodes), len(SEARCH_OPERATIONS)), 0.01)
    for name, strength in strengths.items():
        edge, operation = name.removeprefix("e").split("_")
        values[int(edge), globals()[operation]] = strength
    return values


def normal_edges(values: np.ndarray, rule: Rule) -> list[tuple[str, int]]:
    return [(edge.operation, edge.input) for edge in derived_genotype(Shares(values, values), rule).normal.edges]


def test_there_are_as_many_edges_as_published() -> None:
    assert [edge_count(nodes) for nodes in (1, 2, 3, 4)] == [2, 5, 9, 14]
    assert [len(rows) for rows in node_rows(np.zeros((14, 8)))] == [2, 3, 4, 5]


def test_darts_keeps_the_two_strongest_edges_and_leaves_none_out_of_both_choices() -> None:
    values = table(2, e0_NONE=0.9, e0_SEP3=0.02, e1_SKIP=0.3, e2_NONE=0.9, e2_MAX=0.05, e3_DIL5=0.2, e4_SEP5=0.6)
    assert normal_edges(values, by_edge) == [
        ("skip_connect", 1),
        ("sep_conv_3x3", 0),
        ("sep_conv_5x5", 2),
        ("dil_conv_5x5", 1),
    ]


def test_equals_go_to_the_lower_input_and_the_first_operation() -> None:
    assert normal_edges(table(2), by_edge) == [("max_pool_3x3", source) for source in (0, 1, 0, 1)]


def test_gdas_may_read_an_input_twice() -> None:
    values = table(1, e0_NONE=0.9, e0_SEP3=0.4, e0_SEP5=0.3, e1_SKIP=0.2)
    assert normal_edges(values, by_operation) == [("sep_conv_3x3", 0), ("sep_conv_5x5", 0)]
    assert normal_edges(values, by_edge) == [("sep_conv_3x3", 0), ("skip_connect", 1)]


def test_snas_takes_none_as_any_operation() -> None:
    values = table(1, e0_NONE=0.9, e0_SEP3=0.4, e1_SKIP=0.2)
    assert normal_edges(values, by_edge_with_none) == [("none", 0), ("skip_connect", 1)]


@pytest.mark.parametrize("nodes", [1, 4])
def test_both_cells_concatenate_all_their_nodes(nodes: int) -> None:
    genotype = derived_genotype(Shares(table(nodes, e0_SKIP=1.0), table(nodes, e1_SEP5=1.0)), by_edge)
    assert genotype.normal.concat == genotype.reduce.concat == tuple(range(2, 2 + nodes))
    assert ("skip_connect", 0) in genotype.normal.edges and ("sep_conv_5x5", 1) in genotype.reduce.edges


def test_skips_are_counted() -> None:
    edges = [("skip_connect", 0), ("skip_connect", 1), ("sep_conv_3x3", 0), ("skip_connect", 2)]
    assert skips(CellGenotype(edges, (2, 3))) == 3  # type: ignore[arg-type]


def test_shares_sum_up_to_one_for_logits_of_any_size() -> None:
    logits = np.array([[1e4, 1e4 - 1, -1e4], [0.0, 0.0, 0.0]], np.float32)
    (shares, _) = host_softmax((logits, logits))  # type: ignore[arg-type]
    np.testing.assert_allclose(shares, [[1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0], [1 / 3] * 3], atol=1e-12)
