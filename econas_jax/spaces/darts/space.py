"""The DARTS search space: cells of nodes with two edges, each an operation on one earlier node or input."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from econas_jax.errors import require, require_integer
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.diagram import cell_diagram
from econas_jax.spaces.darts.genotype import OPERATIONS, SEARCH_OPERATIONS, CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.macro_net import STEM_WIDTH
from econas_jax.spaces.darts.reach import sees_image
from econas_jax.spaces.space import Diagram

Value = TypeVar("Value")


@dataclass(frozen=True)
class DartsSpace:
    """All genotypes whose two cells have `nodes` nodes with edges of the given operations.

    concat: which nodes make a cell's output: "loose" are those that no edge reads (released code, but never the cell's
    own inputs), "all" is DARTS. Either way the edges determine it. Raises InputError for fields that make no space.
    """

    name: str = "darts"  # picks this space in a config
    nodes: int = 4  # of a cell, with two edges each
    operations: tuple[str, ...] = SEARCH_OPERATIONS  # that an edge may have
    concat: Literal["loose", "all"] = "loose"  # a cell's output: the nodes that no edge reads, or all

    def __post_init__(self) -> None:
        require(self.name == "darts", "space.name", self.name, "darts")
        require_integer("space.nodes", self.nodes, 1)
        known = isinstance(self.operations, list | tuple) and all(name in OPERATIONS for name in self.operations)
        require(known, "space.operations", self.operations, "some of " + ", ".join(OPERATIONS))
        # With one operation alone a mutation of an edge's operation could not change it.
        several = len(self.operations) >= 2 and len(set(self.operations)) == len(self.operations)
        require(several, "space.operations", self.operations, "at least two operations, each once")
        require(self.concat in ("loose", "all"), "space.concat", self.concat, "loose or all")
        object.__setattr__(self, "operations", tuple(self.operations))

    def sample(self, rng: np.random.Generator) -> Genotype:
        """Draws a genotype uniformly: every edge's operation and input, independently."""
        return Genotype(self._sample_cell(rng), self._sample_cell(rng))

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        """Changes one thing in one cell, so that the result differs (AmoebaNet's mutations without its identity).

        Half of the time an edge's operation becomes another one, else an edge reads another input; cell, edge and new
        value are drawn uniformly (released code, `mutate.py`). Raises InputError unless the genotype is in the space.
        """
        self.check(genotype)
        which = ("normal", "reduce")[_draw(rng, 2)]
        cell: CellGenotype = getattr(genotype, which)
        place = _draw(rng, len(cell.edges))
        operation, source = cell.edges[place]
        if _draw(rng, 2) == 0:
            edge = Edge(_draw_other(rng, self.operations, operation), source)
        else:
            edge = Edge(operation, _draw_other(rng, range(_choices_of_input(place)), source))
        return dataclasses.replace(genotype, **{which: self._with_edge(cell, place, edge)})

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """Yields every genotype that one mutation leads to, each once.

        The normal cell's come first, edge by edge: other operations in the space's order, then other inputs in
        theirs. Raises InputError unless the genotype is in the space.
        """
        self.check(genotype)
        for which in ("normal", "reduce"):
            cell: CellGenotype = getattr(genotype, which)
            for place, (operation, source) in enumerate(cell.edges):
                changed = [Edge(other, source) for other in _others(self.operations, operation)]
                changed += [Edge(operation, other) for other in _others(range(_choices_of_input(place)), source)]
                for edge in changed:
                    yield dataclasses.replace(genotype, **{which: self._with_edge(cell, place, edge)})

    def parse(self, text: str) -> Genotype:
        """Reads a genotype's published text form; raises InputError unless it is one of this space."""
        genotype = Genotype.parse(text)
        self.check(genotype)
        return genotype

    def canonical(self, genotype: Genotype) -> Genotype:
        """Returns the representative of all genotypes that are this one but for names; it need not be in the space."""
        return genotype.canonical()

    def size(self) -> int:
        """Counts the genotypes, those that compute the same function apart."""
        edges = range(2 * self.nodes)
        cells = math.prod(len(self.operations) * _choices_of_input(place) for place in edges)
        return cells**2

    def check(self, genotype: Genotype) -> None:
        """Raises InputError unless the genotype is in the space."""
        for name, cell in (("normal", genotype.normal), ("reduce", genotype.reduce)):
            require(cell.nodes == self.nodes, f"nodes of {name}", cell.nodes, f"{self.nodes} in this space")
            for place, edge in enumerate(cell.edges):
                allowed = "one of this space's " + ", ".join(self.operations)
                require(edge.operation in self.operations, f"{name}[{place}]'s operation", edge.operation, allowed)
            expected = self._cell(cell.edges).concat
            require(cell.concat == expected, f"{name}_concat", cell.concat, f"{expected} in this space")

    def check_trainable(self) -> None:
        """Raises InputError where the network that takes a genotype as data cannot train all of this space."""
        # The stem takes the places of this many nodes in the network that all genotypes share.
        require(self.nodes >= STEM_WIDTH, "space.nodes", self.nodes, f"a whole number of at least {STEM_WIDTH}")
        trainable = set(self.operations) <= set(SEARCH_OPERATIONS)
        require(trainable, "space.operations", self.operations, "some of " + ", ".join(SEARCH_OPERATIONS))

    def sees_image(self, genotype: Genotype, cells_per_stage: int) -> bool:
        """Says whether the output of the genotype's network can depend on the image (`reach`)."""
        return sees_image(genotype, cells_per_stage)

    def diagrams(self, genotype: Genotype) -> tuple[Diagram, ...]:
        """Describes the normal and the reduction cell for drawing; the genotype need not be in the space."""
        return cell_diagram("Normal cell", genotype.normal), cell_diagram("Reduction cell", genotype.reduce)

    def _sample_cell(self, rng: np.random.Generator) -> CellGenotype:
        edges = [
            Edge(self.operations[_draw(rng, len(self.operations))], _draw(rng, _choices_of_input(place)))
            for place in range(2 * self.nodes)
        ]
        return self._cell(edges)

    def _with_edge(self, cell: CellGenotype, place: int, edge: Edge) -> CellGenotype:
        return self._cell((*cell.edges[:place], edge, *cell.edges[place + 1 :]))

    def _cell(self, edges: Sequence[Edge]) -> CellGenotype:
        own_nodes = tuple(range(CELL_INPUTS, CELL_INPUTS + self.nodes))
        return CellGenotype(tuple(edges), loose_nodes(edges) if self.concat == "loose" else own_nodes)


def loose_nodes(edges: Sequence[Edge]) -> tuple[int, ...]:
    """Returns the nodes, counted from 2, that no edge reads, not even a `none` edge; the last node is always one."""
    read = {edge.input for edge in edges}
    return tuple(node for node in range(CELL_INPUTS, CELL_INPUTS + len(edges) // 2) if node not in read)


def _choices_of_input(place: int) -> int:
    """Counts the inputs that the edge at this place may read: the cell's two and the earlier nodes."""
    return CELL_INPUTS + place // 2


def _draw(rng: np.random.Generator, count: int) -> int:
    return int(rng.integers(count))


def _draw_other(rng: np.random.Generator, values: Sequence[Value], current: Value) -> Value:
    others = _others(values, current)
    return others[_draw(rng, len(others))]


def _others(values: Sequence[Value], current: Value) -> list[Value]:
    return [value for value in values if value != current]
