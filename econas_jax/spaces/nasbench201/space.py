"""The NAS-Bench-201 search space: six fixed edges, each with one of a few operations."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from econas_jax.errors import InputError, require
from econas_jax.spaces.nasbench201.canonical import canonical_operations, reaches_output
from econas_jax.spaces.nasbench201.genotype import EDGES, NODES, OPERATIONS, Genotype
from econas_jax.spaces.space import Diagram, DiagramEdge, Vertex

NAME = "nasbench201"


@dataclass(frozen=True)
class NasBench201Space:
    """All cells whose edges have the given operations; the benchmark's 15,625 by default (Dong and Yang, ICLR 2020).

    Raises InputError for fields that make no space.
    """

    name: str = NAME  # picks this space in a config
    operations: tuple[str, ...] = OPERATIONS  # that an edge may have

    def __post_init__(self) -> None:
        require(self.name == NAME, "space.name", self.name, NAME)
        known = isinstance(self.operations, list | tuple) and all(name in OPERATIONS for name in self.operations)
        require(known, "space.operations", self.operations, "some of " + ", ".join(OPERATIONS))
        # With one operation alone a mutation could change nothing.
        several = len(self.operations) >= 2 and len(set(self.operations)) == len(self.operations)
        require(several, "space.operations", self.operations, "at least two operations, each once")
        object.__setattr__(self, "operations", tuple(self.operations))

    def sample(self, rng: np.random.Generator) -> Genotype:
        """Draws each edge's operation uniformly."""
        places = rng.integers(len(self.operations), size=len(EDGES))
        return Genotype(tuple(self.operations[place] for place in places.tolist()))

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        """Gives one edge another operation, both drawn uniformly; raises InputError for a genotype not in the space."""
        self.check(genotype)
        place = int(rng.integers(len(EDGES)))
        others = self._others[genotype.operations[place]]
        return _replaced(genotype, place, others[int(rng.integers(len(others)))])

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """Yields every genotype that differs in one edge's operation; raises InputError for one not in the space."""
        self.check(genotype)
        for place, operation in enumerate(genotype.operations):
            for other in self._others[operation]:
                yield _replaced(genotype, place, other)

    def parse(self, text: str) -> Genotype:
        """Reads a genotype's published text; raises InputError unless it is one of this space."""
        genotype = Genotype.parse(text)
        self.check(genotype)
        return genotype

    def check(self, genotype: Genotype) -> None:
        """Raises InputError unless the genotype is in the space."""
        if self._others.keys() >= set(genotype.operations):
            return
        for place, operation in enumerate(genotype.operations):
            if operation not in self.operations:
                allowed = "one of this space's " + ", ".join(self.operations)
                raise InputError(f"operations[{place}]", operation, allowed)

    def check_trainable(self) -> None:
        """Raises nothing: every genotype of every such space has a network that trains."""

    def canonical(self, genotype: Genotype) -> Genotype:
        """Returns the representative of genotypes with the same function (the rules: `canonical`).

        It may hold `none` where the space does not.
        """
        return _canonical(genotype.operations)

    def sees_image(self, genotype: Genotype, cells_per_stage: int) -> bool:
        """Says whether a path without `none` leads from the cell's input to its output; all cells are alike."""
        return reaches_output(genotype.operations)

    def size(self) -> int:
        """Counts the genotypes, those that compute the same function apart."""
        return len(self.operations) ** len(EDGES)

    def diagrams(self, genotype: Genotype) -> tuple[Diagram, ...]:
        """Describes the cell: its input, two nodes and its output, with all six edges."""
        kinds = (Vertex("0", "input"), *(Vertex(str(node), "node") for node in range(1, NODES - 1)))
        edges = tuple(DiagramEdge(*ends, operation) for ends, operation in zip(EDGES, genotype.operations, strict=True))
        return (Diagram("Cell", (*kinds, Vertex(str(NODES - 1), "output")), edges),)

    @functools.cached_property
    def _others(self) -> dict[str, tuple[str, ...]]:
        """What may stand in the place of each operation."""
        return {name: tuple(other for other in self.operations if other != name) for name in self.operations}


@functools.lru_cache(maxsize=2**14)  # all of the benchmark's genotypes
def _canonical(operations: tuple[str, ...]) -> Genotype:
    return Genotype(canonical_operations(operations))


def _replaced(genotype: Genotype, place: int, operation: str) -> Genotype:
    operations = genotype.operations
    return Genotype((*operations[:place], operation, *operations[place + 1 :]))
