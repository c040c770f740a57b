"""The genotype of a NAS-Bench-201 cell: an immutable, validated value and its published text (Dong and Yang, 2020)."""

from __future__ import annotations

from dataclasses import dataclass

from econas_jax.errors import InputError, require
from econas_jax.spaces.plain_values import plain_choice, plain_items, unquoted

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")  # in the published order
_KNOWN = frozenset(OPERATIONS)
NODES = 4  # node 0 is the cell's input, node 3 its output
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # (source, target), in the order of the text

_TEXT = "+".join(
    "|" + "".join(f"operation~{source}|" for source, end in EDGES if end == target) for target in range(1, NODES)
)
_FORMAT = _TEXT.replace("operation", "{}")
_INCOMING = tuple(tuple(place for place, (_, end) in enumerate(EDGES) if end == target) for target in range(NODES))


@dataclass(frozen=True)
class Genotype:
    """The operation of each edge of the cell, in the order of `EDGES`.

    A list, an array and NumPy's strings are accepted as the values they equal, and stored as a tuple of plain strings.
    Raises InputError unless there are six known operations.
    """

    operations: tuple[str, ...]

    def __post_init__(self) -> None:
        given = self.operations
        plain = type(given) is tuple and len(given) == len(EDGES) and set(map(type, given)) == {str}
        if plain and _KNOWN.issuperset(given):
            return  # as searches make them, thousands of times a second
        items = plain_items(self.operations) or []
        require(len(items) == len(EDGES), "operations", self.operations, f"{len(EDGES)} operations")
        operations = []
        for place, item in enumerate(items):
            operation = plain_choice(item, OPERATIONS)
            if operation is None:
                raise InputError(f"operations[{place}]", item, "one of " + ", ".join(OPERATIONS))
            operations.append(operation)
        object.__setattr__(self, "operations", tuple(operations))

    @classmethod
    def parse(cls, text: str) -> Genotype:
        """Reads the published text, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, also in quotes.

        Raises InputError for anything else.
        """
        require(isinstance(text, str), "genotype", text, "text")
        bare = unquoted(text)
        names = [part.rpartition("~")[0] for part in bare.replace("+", "").split("|") if part]
        try:
            genotype = cls(tuple(names))
        except InputError:
            raise InputError("genotype", text, f"{_TEXT} with operations of {', '.join(OPERATIONS)}") from None
        # What was left out above, the sources and the marks between them, is compared here.
        require(str(genotype) == bare, "genotype", text, f"{_TEXT}, the sources in this order")
        return genotype

    def __str__(self) -> str:
        """Returns the published text; `Genotype.parse` is its inverse."""
        return _FORMAT.format(*self.operations)


def incoming(target: int) -> tuple[int, ...]:
    """Returns the places of the edges that lead to a node; their sources are 0, 1, ... in this order."""
    return _INCOMING[target]
