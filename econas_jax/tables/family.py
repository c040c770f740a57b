"""What a search on a table needs to know of its architectures: their rows, and what their networks cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from econas_jax.errors import require
from econas_jax.nn.network import Cost
from econas_jax.spaces.space import Space
from econas_jax.tables.rows import Rows
from econas_jax.tables.table import Table


class TableFamily:
    """The architectures of a space in a table; raises InputError for a table of another space.

    cost: counts what a genotype's network costs, where the table has no numbers of its own.
    """

    def __init__(self, space: Space[Any], table: Table, cost: Callable[[Any], Cost]) -> None:
        rows = Rows(space)
        allowed = f"the space's operations in its order, {', '.join(rows.operations)}"
        require(table.operations == rows.operations, "table.operations", table.operations, allowed)
        allowed = f"{len(rows)} architectures, a row for each of the space"
        require(table.architectures == len(rows), "table", table.architectures, allowed)
        self.encode = rows.of
        self._table = table
        self._counted = cost
        self._costs = table.cost_lists

    def test_accuracy(self, genotype: Any) -> float:
        """Returns the test accuracy of the architecture trained in full, a fraction of 1."""
        return float(self._table.test_accuracy[self.encode(genotype)])

    def cost(self, genotype: Any) -> Cost:
        """Returns the table's numbers, else what is counted."""
        if self._costs is None:
            return self._counted(genotype)
        row = self.encode(genotype)
        return Cost(self._costs[0][row], self._costs[1][row])
