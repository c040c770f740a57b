"""A representative for genotypes that compute the same function, found by steps each of which keeps the function.

Two genotypes compute the same function if the weights of one, given to other edges of the other, make it so. The steps:

- A parameter-free operation (`skip_connect`, `avg_pool_3x3`) on a node that is always zero becomes `none`. A
  convolution on such a node stays: the shift of its normalisation makes it a trained constant.
- An edge from which no path without `none` leads to the output becomes `none`.
- Two edges into one node whose sources hold the same value exchange their operations: sources that are always zero, or
  that are the same node but for single skips.
- Nodes 1 and 2 change places if the edge between them is `none`.

Nothing else is merged. Two convolutions of one input that are added are not one of them taken twice, although the text
of the sums would be the same; pools are not moved across sums. Of the benchmark's 15,625 genotypes 7,820 remain.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from econas_jax.spaces.nasbench201.genotype import EDGES, NODES, OPERATIONS, incoming

Operations = tuple[str, ...]

NONE, SKIP = "none", "skip_connect"
PARAMETER_FREE = (NONE, SKIP, "avg_pool_3x3")
OUTPUT = NODES - 1
ZERO = -1  # stands for the value of a node that is always zero
EXCHANGED = (1, 0, 2, 3, 5, 4)  # the edges whose operations each edge takes when nodes 1 and 2 change places


@functools.lru_cache(maxsize=2**14)  # all of the benchmark's genotypes
def canonical_operations(operations: Operations) -> Operations:
    """Returns the smallest of the genotypes that the steps lead to; its own representative is itself.

    Genotypes with more `none` edges are smaller, then those whose operations come first in the published order.
    """
    start = _reduced(operations)
    reached, waiting = {start}, [start]
    while waiting:
        for step in _exchanges(waiting.pop()):
            reduced = _reduced(step)
            if reduced not in reached:
                reached.add(reduced)
                waiting.append(reduced)
    return min(reached, key=_order)


@functools.lru_cache(maxsize=2**14)
def reaches_output(operations: Operations) -> bool:
    """Says whether a path without `none` leads from the cell's input to its output."""
    reached = {0}
    for (source, target), operation in zip(EDGES, operations, strict=True):  # edges into a node come before those out
        if operation != NONE and source in reached:
            reached.add(target)
    return OUTPUT in reached


def _order(operations: Operations) -> tuple[int, list[int]]:
    return -operations.count(NONE), [OPERATIONS.index(operation) for operation in operations]


def _reduced(operations: Operations) -> Operations:
    """Sets to `none` what is always zero, then what the output does not depend on."""
    edges, zeros, living = list(operations), set[int](), {OUTPUT}
    for target in range(1, NODES):
        for place in incoming(target):
            if EDGES[place][0] in zeros and edges[place] in PARAMETER_FREE:
                edges[place] = NONE
        if all(edges[place] == NONE for place in incoming(target)):
            zeros.add(target)
    for target in reversed(range(1, NODES)):
        for place in incoming(target):
            if target not in living:
                edges[place] = NONE
            elif edges[place] != NONE:
                living.add(EDGES[place][0])
    return tuple(edges)


def _exchanges(operations: Operations) -> Iterator[Operations]:
    """Yields the genotypes that one exchange leads to."""
    values = _values(operations)
    for first, (source, target) in enumerate(EDGES):
        for second in incoming(target):
            if second > first and values[EDGES[second][0]] == values[source]:
                changed = list(operations)
                changed[first], changed[second] = operations[second], operations[first]
                yield tuple(changed)
    if operations[EDGES.index((1, 2))] == NONE:
        yield tuple(operations[place] for place in EXCHANGED)


def _values(operations: Operations) -> list[int]:
    """Returns for each node the first node that surely has the same value, or ZERO."""
    values = [0]
    for target in range(1, NODES):
        terms = [(operations[place], EDGES[place][0]) for place in incoming(target) if operations[place] != NONE]
        if not terms:
            values.append(ZERO)
        elif len(terms) == 1 and terms[0][0] == SKIP:
            values.append(values[terms[0][1]])
        else:
            values.append(target)
    return values
