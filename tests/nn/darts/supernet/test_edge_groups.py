"""The order in which the supernet's edges are computed: each once, and none before what it reads is complete."""

from __future__ import annotations

import pytest

from econas_jax.nn.darts.supernet.edge_groups import CellShape, edge_groups
from econas_jax.nn.darts.supernet.places import edge_count, edges_of_inputs
from econas_jax.spaces.darts.canonical import CELL_INPUTS


@pytest.mark.parametrize("nodes", [1, 2, 4, 5])
@pytest.mark.parametrize("reduction", [False, True])
def test_every_edge_is_computed_once_and_after_all_that_its_source_sums(nodes: int, reduction: bool) -> None:
    pairs = {
        edge_count(node) + source: (source, CELL_INPUTS + node) for node in range(nodes) for source in range(2 + node)
    }
    missing = dict(pairs)
    for group in edge_groups(CellShape(nodes, 8, reduction, train=True)):
        assert group.starts[0] == 0 and group.starts[-1] == len(group.rows)
        for place, source in enumerate(group.sources):
            assert source not in [target for _, target in missing.values()]
            for edge in range(group.starts[place], group.starts[place + 1]):
                row = int(group.rows[edge])
                assert missing.pop(row) == (source, group.targets[edge])
                halved = reduction and source < CELL_INPUTS
                assert (group.shape.stride, group.shape.size) == ((2, 8) if halved else (1, 4 if reduction else 8))
                if source < CELL_INPUTS:
                    assert edges_of_inputs(nodes)[group.reduces[edge]] == row
    assert not missing
