"""Where the supernet's cells and edges stand: two reduction cells, and edges from all earlier states to each node."""

from __future__ import annotations

from econas_jax.errors import require_integer
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.macro_net import CellPlace
from econas_jax.spaces.proxy import MOST_CHANNELS

FEWEST_CELLS = 3  # a third of fewer cells is none
MOST_CELLS = 100
MOST_NODES = 20


def check_supernet(channels: int, cells: int, nodes: int, classes: int) -> None:
    """Raises InputError for values that make no network."""
    require_integer("channels", channels, 1, MOST_CHANNELS)
    require_integer("cells", cells, FEWEST_CELLS, MOST_CELLS)
    require_integer("nodes", nodes, 1, MOST_NODES)
    require_integer("classes", classes, 2)


def cell_places(channels: int, cells: int) -> tuple[CellPlace, ...]:
    """Returns the places of all cells in the order of computation; those at a third and at two thirds are reductions.

    channels: of the first cells' nodes, doubled by each reduction (DARTS, section 3.1.1).
    """
    places: list[CellPlace] = []
    stage = 0
    for position in range(cells):
        reduction = position in (cells // 3, 2 * cells // 3)
        places.append(
            CellPlace(
                position=position,
                stage=stage,
                reduction=reduction,
                channels=channels * 2 ** (stage + reduction),
                halvings=stage,
                reads=(position - 2, position - 1),
                halves_input0=position > 0 and places[-1].reduction,
                auxiliary=False,
            )
        )
        stage += reduction
    return tuple(places)


def edge_count(nodes: int) -> int:
    """Returns the number of a cell's edges: 14 for 4 nodes."""
    return sum(CELL_INPUTS + node for node in range(nodes))


def edges_from(source: int, nodes: int) -> tuple[int, ...]:
    """Returns the edges that read a state (0 and 1: the cell's inputs), in the order of the nodes that they lead to.

    Edges are numbered node by node, and within a node by what they read.
    """
    first = [edge_count(node) for node in range(nodes)]
    return tuple(first[node] + source for node in readers_of(source, nodes))


def readers_of(source: int, nodes: int) -> range:
    """Returns the nodes, from 0, that read a state."""
    return range(max(0, source - CELL_INPUTS + 1), nodes)


def edges_of_inputs(nodes: int) -> tuple[int, ...]:
    """Returns the edges that read a cell's inputs, node by node."""
    return tuple(edge_count(node) + source for node in range(nodes) for source in range(CELL_INPUTS))
