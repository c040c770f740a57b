"""The canonical form of a cell given as integers: one representative of all cells that differ in names alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

NONE = 0  # the operation that gives zeros: the first of `econas_jax.spaces.darts.genotype.OPERATIONS`
CELL_INPUTS = 2  # the outputs of the two cells before it, numbered 0 and 1; a cell's own nodes count from here
# The most orders that are kept while they tie. No cell of up to seven nodes comes near it. A larger one made of many
# interchangeable parts may have several representatives, which costs a repeated training and nothing else.
MAXIMUM_TIES = 1_000

IndexedEdge = tuple[int, int]  # (operation, input)
Node = tuple[IndexedEdge, IndexedEdge]


def canonical_cell(
    edges: Sequence[IndexedEdge], concat: Sequence[int]
) -> tuple[tuple[IndexedEdge, ...], tuple[int, ...]]:
    """Returns (edges, concat) of the representative.

    Two cells have the same one if and only if these steps lead from one to the other: exchanging the two edges of a
    node; giving a `none` edge another input; changing the edges of a dead node, one from which no path without `none`
    leads to the output; renumbering nodes so that every edge still reads an earlier one. The representative's dead
    nodes hold two `none` edges that read input 0, a node's edges are sorted, and of all orders of the nodes it is that
    whose sequence of (edges, not an output) is the smallest.
    """
    nodes = [(edges[place], edges[place + 1]) for place in range(0, len(edges), 2)]
    living = _living(nodes, concat)
    nodes = [
        _tidy(node) if CELL_INPUTS + place in living else ((NONE, 0), (NONE, 0)) for place, node in enumerate(nodes)
    ]
    order = _smallest_order(nodes, frozenset(concat))
    names = _names(order)
    renamed = [_rename(nodes[node - CELL_INPUTS], names) for node in order]
    return tuple(edge for node in renamed for edge in node), tuple(sorted(names[node] for node in concat))


def _living(nodes: Sequence[Node], concat: Sequence[int]) -> set[int]:
    """Returns the nodes whose values reach the output."""
    living = set(concat)
    # A node reads earlier ones only, so backwards one pass is enough.
    for place in reversed(range(len(nodes))):
        if CELL_INPUTS + place in living:
            living.update(source for operation, source in nodes[place] if operation != NONE)
    return living


def _tidy(node: Node) -> Node:
    first, second = sorted((operation, source if operation != NONE else 0) for operation, source in node)
    return first, second


def _rename(node: Node, names: dict[int, int]) -> Node:
    first, second = sorted((operation, names[source]) for operation, source in node)
    return first, second


def _names(order: Sequence[int]) -> dict[int, int]:
    """Maps old numbers to new ones, the cell's inputs included."""
    sources = [*range(CELL_INPUTS), *order]
    return {old: new for new, old in enumerate(sources)}


def _smallest_order(nodes: Sequence[Node], outputs: frozenset[int]) -> tuple[int, ...]:
    """Returns the nodes in the order with the smallest sequence, found place by place; ties are carried on together.

    Any node whose inputs are placed may come next, whatever came before, so the smallest start is never a dead end.
    """
    kinds = _kinds(nodes, outputs)
    orders: list[tuple[int, ...]] = [()]
    for _ in nodes:
        candidates = defaultdict(list)
        for order in orders:
            names = _names(order)
            tried = set()
            for node, kind in kinds.items():
                edges = nodes[node - CELL_INPUTS]
                ready = node not in names and all(source in names for _, source in edges)
                if ready and kind not in tried:
                    tried.add(kind)
                    candidates[_rename(edges, names), node not in outputs].append((*order, node))
        orders = candidates[min(candidates)][:MAXIMUM_TIES]
    return orders[0]


def _kinds(nodes: Sequence[Node], outputs: frozenset[int]) -> dict[int, object]:
    """Returns each node's kind: exchanging two nodes of the same kind changes nothing."""
    readers = defaultdict(list)
    for place, node in enumerate(nodes):
        for operation, source in node:
            readers[source].append((operation, place))
    own_nodes = range(CELL_INPUTS, CELL_INPUTS + len(nodes))
    return {node: (nodes[node - CELL_INPUTS], node in outputs, tuple(sorted(readers[node]))) for node in own_nodes}
