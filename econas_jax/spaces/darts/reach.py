"""Whether an image can reach a network's output: a cell that reads neither of its inputs makes constants.

Of random normal cells of the search space 0.3 % do; training such a network is a waste.
"""

from __future__ import annotations

from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype, Genotype
from econas_jax.spaces.darts.macro_net import walk


def inputs_that_matter(cell: CellGenotype) -> frozenset[int]:
    """Returns those of a cell's inputs, 0 and 1, from which a path without `none` leads to its output."""
    behind: list[frozenset[int]] = [frozenset([source]) for source in range(CELL_INPUTS)]
    for node in range(cell.nodes):
        edges = cell.edges[2 * node : 2 * node + 2]
        behind.append(frozenset().union(*(behind[edge.input] for edge in edges if edge.operation != "none")))
    return frozenset().union(*(behind[node] for node in cell.concat))


def sees_image(genotype: Genotype, cells_per_stage: int) -> bool:
    """Says whether a path leads from the image through all cells; cells_per_stage: N, for 3N + 2 cells."""
    normal, reduce = inputs_that_matter(genotype.normal), inputs_that_matter(genotype.reduce)
    reached = [True, True]  # the two outputs of the stem, then those of the cells
    for place in walk(1, cells_per_stage):
        matter = reduce if place.reduction else normal
        reached.append(any(reached[CELL_INPUTS + place.reads[source]] for source in matter))
    return reached[-1]
