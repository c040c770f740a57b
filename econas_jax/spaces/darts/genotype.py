"""The genotype of a cell network: an immutable, validated value with its text, JSON and integer-array forms."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from econas_jax.errors import InputError, require, require_integer
from econas_jax.spaces.darts.canonical import CELL_INPUTS, canonical_cell
from econas_jax.spaces.darts.genotype_text import read_fields
from econas_jax.spaces.plain_values import plain_choice, plain_integer, plain_items

# The order is part of the encoded form: an edge's operation is its place in the tuple of operations in use.
OPERATIONS = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "sep_conv_7x7",
    "conv_7x1_1x7",
)
SEARCH_OPERATIONS = OPERATIONS[:8]  # DARTS; the last two occur in NASNet and AmoebaNet only

FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
MAXIMUM_NODES = 100  # of a cell; the text of a genotype stays short enough to be read back

IntegerArray = npt.NDArray[np.int32]


class Edge(NamedTuple):
    """An operation applied to one of a cell's inputs (0, 1) or earlier nodes (2 and up)."""

    operation: str
    input: int


class EncodedCell(NamedTuple):
    """A cell of n nodes as integers: operations int32[2n], inputs int32[2n], concat int32[n] (1: in the output)."""

    operations: IntegerArray
    inputs: IntegerArray
    concat: IntegerArray


class EncodedGenotype(NamedTuple):
    """Both cells as integers: a pytree whose shapes depend on the number of nodes alone."""

    normal: EncodedCell
    reduce: EncodedCell


@dataclass(frozen=True)
class CellGenotype:
    """A cell: edges 2k and 2k+1 sum up to node k + 2; the output concatenates the nodes in `concat`.

    Lists, ranges, arrays and NumPy's strings and integers are accepted as the values they equal, edges also nested by
    node or with a weight behind the input, which is dropped; what is stored are tuples of plain Python, with concat in
    increasing order. Raises InputError unless there are two edges a node and at least one node, every edge reads an
    earlier node by a known operation, and concat names some of the nodes, each once.
    """

    edges: tuple[Edge, ...]
    concat: tuple[int, ...]

    def __post_init__(self) -> None:
        edges, concat = _checked_cell("cell", self.edges, self.concat)
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "concat", concat)

    @property
    def nodes(self) -> int:
        """The number of nodes, the two inputs not counted."""
        return len(self.edges) // 2


@dataclass(frozen=True)
class Genotype:
    """A normal and a reduction cell: all that distinguishes two networks of the space (DARTS, `cnn/genotypes.py`)."""

    normal: CellGenotype
    reduce: CellGenotype

    @classmethod
    def parse(cls, text: str) -> Genotype:
        """Reads the published text form, `Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=range(2, 6), ...)`.

        Other forms in use are read too (`genotype_text.read_fields`, `CellGenotype`). Nothing is evaluated. Raises
        InputError.
        """
        return cls.from_json(read_fields(text, FIELDS))

    def __str__(self) -> str:
        """Returns the published text form; `Genotype.parse` is its inverse."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self._fields(tuple).items())
        return f"Genotype({fields})"

    def to_json(self) -> dict[str, object]:
        """Returns the four published fields as lists of [operation, input] and of nodes."""
        return self._fields(list)

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Genotype:
        """Reads what `to_json` writes, and all that `CellGenotype` takes for it; raises InputError otherwise."""
        require(isinstance(fields, Mapping), "genotype", fields, "an object with the fields " + ", ".join(FIELDS))
        require(set(fields) == set(FIELDS), "genotype's fields", list(fields), "exactly " + ", ".join(FIELDS))
        # Checked here once more than in CellGenotype, so that the message names the cell.
        normal = CellGenotype(*_checked_cell("normal", fields["normal"], fields["normal_concat"]))
        reduce = CellGenotype(*_checked_cell("reduce", fields["reduce"], fields["reduce_concat"]))
        return cls(normal, reduce)

    def encode(self, operations: Sequence[str] = SEARCH_OPERATIONS) -> EncodedGenotype:
        """Returns the genotype as integer arrays; an operation becomes its place in `operations`.

        Raises InputError for an operation that is not among them, and for cells of different numbers of nodes: the
        network that takes a genotype as data has one skeleton for both.
        """
        nodes = (self.normal.nodes, self.reduce.nodes)
        require(nodes[0] == nodes[1], "nodes of the normal and the reduction cell", nodes, "equal numbers")
        return EncodedGenotype(_encode_cell(self.normal, operations), _encode_cell(self.reduce, operations))

    def canonical(self) -> Genotype:
        """Returns the representative of all genotypes that are this one but for names.

        The rules are those of `econas_jax.spaces.darts.canonical`.

        With the same weights they compute the same function up to the order of channels. The representative need not
        lie in a search space: dead nodes are neither read nor concatenated.
        """
        return Genotype(_canonical(self.normal), _canonical(self.reduce))

    def _fields(self, pair: type[list[object]] | type[tuple[object, ...]]) -> dict[str, object]:
        cells = (self.normal.edges, self.normal.concat, self.reduce.edges, self.reduce.concat)
        plain = [[pair(item) if isinstance(item, Edge) else item for item in items] for items in cells]
        return dict(zip(FIELDS, plain, strict=True))


def decode(encoded: EncodedGenotype, operations: Sequence[str] = SEARCH_OPERATIONS) -> Genotype:
    """Reads what `Genotype.encode` returns; raises InputError for arrays that encode no genotype."""
    return Genotype(_decode_cell(encoded.normal, operations), _decode_cell(encoded.reduce, operations))


def _checked_cell(name: str, edges: object, concat: object) -> tuple[tuple[Edge, ...], tuple[int, ...]]:
    """Returns a cell's parts as tuples; raises InputError, with the cell's name in the field, if they make none."""
    items = _flat_edges(name, edges)
    if not items or len(items) % 2 != 0:
        raise InputError(name, edges, "a list of (operation, input) pairs, two for each node")
    require(len(items) <= 2 * MAXIMUM_NODES, f"nodes of {name}", len(items) // 2, f"at most {MAXIMUM_NODES}")
    checked = tuple(_checked_edge(f"{name}[{place}]", edge, place) for place, edge in enumerate(items))
    nodes = [plain_integer(node) for node in plain_items(concat) or ()]
    if not nodes:
        raise InputError(f"{name}_concat", concat, "a list of the nodes that are the cell's output, at least one")
    for place, node in enumerate(nodes):
        require_integer(f"{name}_concat[{place}]", node, CELL_INPUTS, CELL_INPUTS - 1 + len(items) // 2)
    require(len(set(nodes)) == len(nodes), f"{name}_concat", concat, "each node once")
    return checked, tuple(sorted(node for node in nodes if isinstance(node, int)))


def _flat_edges(name: str, edges: object) -> list[object]:
    """Returns the edges of a list of edges, or of a list of nodes that are lists of two edges."""
    items = plain_items(edges) or []
    nodes = [plain_items(item) or [] for item in items]
    if not all(node and plain_items(node[0]) for node in nodes):  # an edge begins with a text
        return items
    for place, node in enumerate(nodes):
        require(len(node) == 2, f"{name}[{place}]", items[place], "a node's two edges (operation, input)")
    return [edge for node in nodes for edge in node]


def _checked_edge(field: str, edge: object, place: int) -> Edge:
    """Returns the edge; raises InputError, by the field's name, if it cannot stand in this place of a cell."""
    parts = plain_items(edge) or []
    weighted = len(parts) == 3 and isinstance(parts[2], float | np.floating)
    require(len(parts) == 2 or weighted, field, edge, "a pair (operation, input)")
    operation, source = plain_choice(parts[0], OPERATIONS), plain_integer(parts[1])
    if operation is None:
        raise InputError(f"{field}'s operation", parts[0], "one of " + ", ".join(OPERATIONS))
    require_integer(f"{field}'s input", source, 0, CELL_INPUTS - 1 + place // 2)
    assert isinstance(source, int)
    return Edge(operation, source)


def _encode_cell(cell: CellGenotype, operations: Sequence[str]) -> EncodedCell:
    places = {operation: place for place, operation in enumerate(operations)}
    for edge in cell.edges:
        require(edge.operation in places, "genotype's operation", edge.operation, "one of " + ", ".join(operations))
    own_nodes = range(CELL_INPUTS, CELL_INPUTS + cell.nodes)
    return EncodedCell(
        operations=np.array([places[edge.operation] for edge in cell.edges], np.int32),
        inputs=np.array([edge.input for edge in cell.edges], np.int32),
        concat=np.array([node in cell.concat for node in own_nodes], np.int32),
    )


def _decode_cell(encoded: EncodedCell, operations: Sequence[str]) -> CellGenotype:
    places, inputs, mask = (np.asarray(array).tolist() for array in encoded)
    require(len(places) == len(inputs) == 2 * len(mask), "encoded cell", encoded, "lengths 2n, 2n and n")
    require(all(bit in (0, 1) for bit in mask), "encoded cell's concat", mask, "zeros and ones")
    for place in places:
        require_integer("encoded operation", place, 0, len(operations) - 1)
    edges = tuple(Edge(operations[place], source) for place, source in zip(places, inputs, strict=True))
    return CellGenotype(edges, tuple(CELL_INPUTS + node for node, bit in enumerate(mask) if bit))


@functools.lru_cache(maxsize=4096)  # neighbours and children share a cell
def _canonical(cell: CellGenotype) -> CellGenotype:
    places = tuple((OPERATIONS.index(edge.operation), edge.input) for edge in cell.edges)
    edges, concat = canonical_cell(places, cell.concat)
    return CellGenotype(tuple(Edge(OPERATIONS[place], source) for place, source in edges), concat)
