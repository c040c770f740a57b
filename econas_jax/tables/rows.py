"""Which row of a table an architecture of a fixed-edge space has: its operations read as a number."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from econas_jax.errors import require
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space
from econas_jax.spaces.nasbench201.genotype import EDGES
from econas_jax.spaces.space import Space


class Rows:
    """The rows of all genotypes of a space: the first edge's operation is the least significant digit.

    With the operations o_0 .. o_5 of the edges, as places in `space.operations` of which there are b, the row is
    o_0 + o_1 b + o_2 b^2 + ... + o_5 b^5. Raises InputError for a space without fixed edges.
    """

    def __init__(self, space: Space[Any]) -> None:
        fixed = isinstance(space, NasBench201Space)
        require(fixed, "table", f"for the space {space.name}", "one for nasbench201: a row is a choice on fixed edges")
        assert isinstance(space, NasBench201Space)
        self.operations = space.operations
        values: list[Mapping[str, int]] = [
            {operation: place * len(self.operations) ** edge for place, operation in enumerate(self.operations)}
            for edge in range(len(EDGES))
        ]

        @functools.cache  # a search asks for the same few thousand, again and again
        def row(operations: tuple[str, ...]) -> int:
            return sum(of_edge[operation] for of_edge, operation in zip(values, operations, strict=True))

        self._row = row

    def __len__(self) -> int:
        return int(len(self.operations) ** len(EDGES))

    def of(self, genotype: Genotype) -> int:
        """Returns the row of a genotype of the space."""
        return self._row(genotype.operations)

    def genotype(self, row: int) -> Genotype:
        """Returns the genotype of a row, the inverse of `of`."""
        base = len(self.operations)
        return Genotype(tuple(self.operations[row // base**edge % base] for edge in range(len(EDGES))))
