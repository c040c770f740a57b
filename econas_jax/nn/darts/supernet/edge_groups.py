"""The edges of a cell in the order in which a CPU computes them: by what they read, so that they share work."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from econas_jax.nn.darts.batch_last.operations import EdgeShape
from econas_jax.nn.darts.supernet.places import edges_from, edges_of_inputs, readers_of
from econas_jax.nn.kernels.spatial import output_size
from econas_jax.spaces.darts.canonical import CELL_INPUTS


class CellShape(NamedTuple):
    """The static side of a cell: its nodes, the side of its input 1's map, whether it halves it, and the mode."""

    nodes: int
    size: int
    reduction: bool
    train: bool


class EdgeGroup(NamedTuple):
    """Edges of one shape, those of one source after the other.

    sources: states that are read, ascending, of which 0 and 1 are the cell's inputs; starts: for each of them its first
    edge in the group, and last the number of edges. For each edge: its row, which is its number in the cell; the state
    that it adds to; and the row of its factorized reduce, if it has one.
    """

    shape: EdgeShape
    sources: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    targets: np.ndarray
    reduces: np.ndarray


def edge_groups(shape: CellShape) -> list[EdgeGroup]:
    """Returns a cell's edges in an order in which they can be computed: a state is complete when it is read."""
    sources = range(CELL_INPUTS + shape.nodes - 1)  # nothing reads the last node
    if not shape.reduction:
        return [_group(shape, EdgeShape(shape.size, 1, shape.train), sources)]
    groups = [_group(shape, EdgeShape(shape.size, 2, shape.train), sources[:CELL_INPUTS])]
    if shape.nodes > 1:
        halved = EdgeShape(output_size(shape.size, 2), 1, shape.train)
        groups.append(_group(shape, halved, sources[CELL_INPUTS:]))
    return groups


def _group(shape: CellShape, edge: EdgeShape, sources: range) -> EdgeGroup:
    rows = [edges_from(source, shape.nodes) for source in sources]
    targets = [CELL_INPUTS + node for source in sources for node in readers_of(source, shape.nodes)]
    every = np.concatenate(rows)
    starts = np.cumsum([0, *map(len, rows)])
    of_inputs = edges_of_inputs(shape.nodes)
    reduces = [of_inputs.index(row) if row in of_inputs else -1 for row in every]
    tables = (np.asarray(table, np.int32) for table in (sources, starts, every, targets, reduces))
    return EdgeGroup(edge, *tables)
