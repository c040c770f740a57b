"""The graph of a NAS-Bench-201 cell, whatever computes its edges."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable

import jax

from econas_jax.spaces.nasbench201.genotype import EDGES, NODES, incoming


def run_cell(x: jax.Array, edge: Callable[[int, jax.Array], jax.Array]) -> jax.Array:
    """Returns the last node; node 0 is x, and each later one is the sum of its edges.

    edge(place, value) computes the edge at this place of `EDGES` on the value of its source; it is called in order.
    """
    nodes = [x]
    for target in range(1, NODES):
        terms = [edge(place, nodes[EDGES[place][0]]) for place in incoming(target)]
        nodes.append(functools.reduce(operator.add, terms))
    return nodes[-1]
