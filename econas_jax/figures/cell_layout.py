"""Where the parts of a drawn cell go, in inches: inputs at the left, nodes in columns, the output at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from econas_jax.figures.layered_graph import Item, heights, layered_links, ordered
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype

# Inches.
NODE_SIZE = 0.36  # of a node
END_SIZE = 0.46  # of an input and the output
LABEL_WIDTH, LABEL_HEIGHT = 0.74, 0.38
LABEL_DISTANCE = 0.08  # between the labels of a node's two edges
ENTRY = 0.26  # from a label to its node
CLEARANCE = 0.22  # between things above each other
SMALLEST_GAP, GAP_FOR_HEIGHT, LARGEST_GAP = 0.36, 0.2, 0.9  # between columns; steep curves need more room

COLUMN_WIDTH = LABEL_WIDTH + ENTRY + NODE_SIZE
LABEL_RISE = (LABEL_HEIGHT + LABEL_DISTANCE) / 2  # of a label over its node's centre


class Point(NamedTuple):
    """Inches from the lower left corner of the cell's drawing."""

    x: float
    y: float


Line = tuple[Point, ...]  # an even number of points: bends from the 1st to the 2nd, straight to the 3rd, bends, ...


@dataclass(frozen=True)
class CellLayout:
    """Places and sizes of one cell's drawing."""

    width: float
    height: float
    values: tuple[Point, ...]  # centres of the inputs, the nodes and the output
    labels: tuple[Point, ...]  # centres of the edges' labels
    edges: tuple[Line, ...]  # each through its label to its node
    outputs: tuple[Line, ...]  # from each node of the concat to the output


def layout_cell(cell: CellGenotype) -> CellLayout:
    """Lays out a cell; no two labels or nodes overlap, and no line passes under one, whatever the cell."""
    output = CELL_INPUTS + cell.nodes
    columns = _columns(cell)
    reads = [(edge.input, CELL_INPUTS + place // 2) for place, edge in enumerate(cell.edges)]
    links = layered_links(columns, reads + [(node, output) for node in cell.concat])
    order = ordered(columns, links)
    height = heights(order, links, lambda below, above: _room(below, columns) + _room(above, columns) + CLEARANCE)
    lowest = min(height[item] - _room(item, columns) for item in height)
    height = {item: value - lowest for item, value in height.items()}
    lefts = _lefts(columns[output], [(left.column, abs(height[left] - height[right])) for left, right in links])
    return _Drawing(cell, columns, height, lefts).layout()


def _columns(cell: CellGenotype) -> list[int]:
    """Of each value: 0 for the inputs, for a node one more than what it reads, the last for the output."""
    columns = [0] * CELL_INPUTS
    for first, second in zip(cell.edges[::2], cell.edges[1::2], strict=True):
        columns.append(1 + max(columns[first.input], columns[second.input]))
    return [*columns, 1 + max(columns)]


def _room(item: Item, columns: list[int]) -> float:
    """Half of an item's height."""
    if item.column > columns[item.value]:
        return 0.0  # a line
    if item.column in (0, columns[-1]):
        return END_SIZE / 2
    return LABEL_RISE + LABEL_HEIGHT / 2


def _lefts(last: int, rises: list[tuple[int, float]]) -> list[float]:
    """The left of each column, given how much the lines after a column rise or fall."""
    lefts = [0.0]
    for column in range(last):
        rise = max((rise for other, rise in rises if other == column), default=0.0)
        gap = min(SMALLEST_GAP + GAP_FOR_HEIGHT * rise, LARGEST_GAP)
        lefts.append(lefts[-1] + (COLUMN_WIDTH if column else END_SIZE) + gap)
    return lefts


@dataclass(frozen=True)
class _Drawing:
    """A cell whose columns and heights are known."""

    cell: CellGenotype
    columns: list[int]
    height: dict[Item, float]
    lefts: list[float]

    def layout(self) -> CellLayout:
        output = CELL_INPUTS + self.cell.nodes
        labels = self._labels()
        end = self._centre(output)
        return CellLayout(
            width=end.x + END_SIZE / 2,
            height=max(height + _room(item, self.columns) for item, height in self.height.items()),
            values=tuple(self._centre(value) for value in range(output + 1)),
            labels=labels,
            edges=tuple(self._edge(place, label) for place, label in enumerate(labels)),
            outputs=tuple(
                (*self._to_column(node, self.columns[output]), Point(self.lefts[-1], end.y))
                for node in self.cell.concat
            ),
        )

    def _centre(self, value: int) -> Point:
        column = self.columns[value]
        at_end = column in (0, self.columns[-1])
        to_centre = END_SIZE / 2 if at_end else COLUMN_WIDTH - NODE_SIZE / 2
        return Point(self.lefts[column] + to_centre, self.height[Item(value, column)])

    def _labels(self) -> tuple[Point, ...]:
        """A node's two labels stand above each other before it, the one whose edge comes from higher up above."""
        labels: list[Point] = []
        for node in range(CELL_INPUTS, CELL_INPUTS + self.cell.nodes):
            column, centre = self.columns[node], self._centre(node)
            first, second = self.cell.edges[2 * (node - CELL_INPUTS) :][:2]
            sources = [self.height[Item(edge.input, column - 1)] for edge in (first, second)]
            rise = LABEL_RISE if sources[0] >= sources[1] else -LABEL_RISE
            x = self.lefts[column] + LABEL_WIDTH / 2
            labels += [Point(x, centre.y + rise), Point(x, centre.y - rise)]
        return tuple(labels)

    def _edge(self, place: int, label: Point) -> Line:
        node = CELL_INPUTS + place // 2
        centre = self._centre(node)
        entry = Point(centre.x - 0.46 * NODE_SIZE, centre.y + (label.y - centre.y) * 0.3)
        left, right = Point(label.x - LABEL_WIDTH / 2, label.y), Point(label.x + LABEL_WIDTH / 2, label.y)
        return (*self._to_column(self.cell.edges[place].input, self.columns[node]), left, right, entry)

    def _to_column(self, value: int, column: int) -> Line:
        """From the right of a value, straight through the columns before the given one."""
        centre = self._centre(value)
        own_column = self.columns[value]
        points = [Point(centre.x + (NODE_SIZE if own_column else END_SIZE) / 2, centre.y)]
        for between in range(own_column + 1, column):
            y = self.height[Item(value, between)]
            points += [Point(self.lefts[between], y), Point(self.lefts[between] + COLUMN_WIDTH, y)]
        return tuple(points)
