"""The genotype that weights of edges stand for, by the rules of the methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, CellGenotype, Edge, Genotype

NONE = SEARCH_OPERATIONS.index("none")
SKIP = "skip_connect"

Table = npt.NDArray[np.floating[Any]]  # [edges, operations]; edges node by node, inputs ascending


class Shares(NamedTuple):
    """How much each operation of each edge counts, in both kinds of cells."""

    normal: Table
    reduction: Table


class Candidate(NamedTuple):
    """An edge of a node that a rule may keep."""

    strength: float
    input: int
    operation: int


Rule = Callable[[Table], list[Candidate]]  # from the rows of a node's edges [inputs, operations] to what may be kept


def by_edge(rows: Table) -> list[Candidate]:
    """DARTS: each edge with its strongest operation; `none`, though part of the softmax, counts in neither choice."""
    real = np.delete(rows, NONE, axis=1)
    places = np.delete(np.arange(rows.shape[1]), NONE)
    strongest = np.argmax(real, axis=1)
    return [Candidate(real[edge, best], edge, int(places[best])) for edge, best in enumerate(strongest)]


def by_edge_with_none(rows: Table) -> list[Candidate]:
    """SNAS, in its form of two edges a node: as `by_edge`, but `none` counts as any other operation."""
    strongest = np.argmax(rows, axis=1)
    return [Candidate(rows[edge, best], edge, int(best)) for edge, best in enumerate(strongest)]


def by_operation(rows: Table) -> list[Candidate]:
    """GDAS: every operation of every edge but `none`; a node may so read one input by two operations."""
    return [
        Candidate(strength, edge, operation)
        for edge, row in enumerate(rows)
        for operation, strength in enumerate(row)
        if operation != NONE
    ]


def derived_genotype(shares: Shares, rule: Rule) -> Genotype:
    """Returns both cells, each node with the two strongest of what the rule may keep.

    Stronger ones stand first; of equals the lower input, and of its operations the first, wins. The output concatenates
    all nodes.
    """
    return Genotype(*(CellGenotype(_edges(table, rule), _nodes(table)) for table in shares))


def counted_genotype(counts: Shares) -> Genotype:
    """Returns the genotype whose edges, two a node, are counted in tables; raises ValueError for other tables."""
    return Genotype(*(CellGenotype(_counted(table), _nodes(table)) for table in counts))


def edge_counts(genotype: Genotype) -> Shares:
    """Inverts `counted_genotype`, up to the order of a node's edges: the weights that make a supernet the genotype."""
    return Shares(*(_counts(cell) for cell in (genotype.normal, genotype.reduce)))


def skips(cell: CellGenotype) -> int:
    """Returns the number of skip-connects: a cell of many of them tells that a search has collapsed."""
    return sum(edge.operation == SKIP for edge in cell.edges)


def _edges(table: Table, rule: Rule) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    for rows in node_rows(table):
        ranked = sorted(rule(rows), key=lambda candidate: -candidate.strength)  # stable
        edges += [Edge(SEARCH_OPERATIONS[best.operation], best.input) for best in ranked[:2]]
    return tuple(edges)


def _counted(table: Table) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    for rows in node_rows(table):
        found = [
            Edge(SEARCH_OPERATIONS[operation], source)
            for source, operation in np.argwhere(rows).tolist()
            for _ in range(int(rows[source, operation]))
        ]
        if len(found) != 2:
            raise ValueError(f"a node has two edges, not {len(found)}")
        edges += found
    return tuple(edges)


def _counts(cell: CellGenotype) -> Table:
    edges = sum(CELL_INPUTS + node for node in range(cell.nodes))
    table = np.zeros((edges, len(SEARCH_OPERATIONS)), np.float32)
    parts = node_rows(table)  # views
    for place, edge in enumerate(cell.edges):
        parts[place // 2][edge.input, SEARCH_OPERATIONS.index(edge.operation)] += 1
    return table


def node_rows(table: Table) -> Sequence[Table]:
    """Splits a table into the rows of each node: two of the first, three of the second, and so on."""
    parts: list[Table] = []
    begin = 0
    while begin < len(table):
        size = CELL_INPUTS + len(parts)
        parts.append(table[begin : begin + size])
        begin += size
    return parts


def _nodes(table: Table) -> tuple[int, ...]:
    return tuple(range(CELL_INPUTS, CELL_INPUTS + len(node_rows(table))))
