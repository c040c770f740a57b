"""What the logits of a DARTS network depend on: an export holds the code and the weights of nothing else."""

from __future__ import annotations

from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.macro_net import CellPlace


def terms(cell: CellGenotype, node: int) -> tuple[tuple[int, Edge], ...]:
    """Returns the edges that add something to a node, with their numbers in the cell: those that are not `none`.

    A node of two such edges is zero. It keeps one of them, for it has the shape of what that edge reads.
    """
    first = 2 * (node - CELL_INPUTS)
    both = tuple((number, cell.edges[number]) for number in (first, first + 1))
    return tuple(term for term in both if term[1].operation != "none") or both[:1]


def live_states(cell: CellGenotype) -> frozenset[int]:
    """Returns the inputs (0, 1) and nodes of a cell that its output depends on."""
    live = set(cell.concat)
    for node in range(CELL_INPUTS + cell.nodes - 1, CELL_INPUTS - 1, -1):
        if node in live:
            live.update(edge.input for _, edge in terms(cell, node))
    return frozenset(live)


def live_inputs(cell: CellGenotype) -> tuple[int, ...]:
    """Returns which of a cell's two inputs it reads."""
    return tuple(sorted(state for state in live_states(cell) if state < CELL_INPUTS))


def live_places(genotype: Genotype, places: tuple[CellPlace, ...]) -> tuple[CellPlace, ...]:
    """Returns the cells of a network that its last cell's output depends on, in their order."""
    live = {places[-1].position}
    for place in reversed(places):
        if place.position in live:
            cell = genotype.reduce if place.reduction else genotype.normal
            live.update(place.reads[number] for number in live_inputs(cell))
    return tuple(place for place in places if place.position in live)
