"""Where the parts of a diagram go, in inches: inputs at the left, nodes in columns, outputs at the right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from econas_jax.figures.diagram_parts import LABEL_DISTANCE, LABEL_HEIGHT, Parts, is_round
from econas_jax.figures.layered_graph import Item, heights, layered_links, ordered
from econas_jax.spaces.space import Diagram

# Inches.
CLEARANCE = 0.22  # between things above each other
SMALLEST_GAP, GAP_FOR_HEIGHT, LARGEST_GAP = 0.36, 0.2, 0.9  # between columns; steep curves need more room

ENTRY_SPREAD, LARGEST_ENTRY = 0.3, 0.6  # edges enter at this share of their label's offset, within this of the half


class Point(NamedTuple):
    """A place, in inches from the lower left corner of the drawing."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle, in inches."""

    centre: Point
    width: float
    height: float


Line = tuple[Point, ...]  # bends from the 1st point to the 2nd, is straight to the 3rd, bends to the 4th, ...


@dataclass(frozen=True)
class DiagramLayout:
    """Places and sizes of one diagram's parts."""

    width: float
    height: float
    vertices: tuple[Box, ...]
    labels: tuple[Box | None, ...]  # one for each edge, None for an edge without a label
    lines: tuple[Line, ...]  # one for each edge, through its label to its target


def layout_diagram(diagram: Diagram) -> DiagramLayout:
    """Lays out a diagram; no two labels or vertices overlap, and no line passes under one, whatever the graph."""
    columns = _columns(diagram)
    parts = Parts(diagram)
    links = layered_links(columns, [(edge.source, edge.target) for edge in diagram.edges])
    order = ordered(columns, links)

    def room(item: Item) -> float:
        return parts.room(item.value) if item.column == columns[item.value] else 0.0  # a line in later columns

    height = heights(order, links, lambda below, above: room(below) + room(above) + CLEARANCE)
    lowest = min(height[item] - room(item) for item in height)
    height = {item: value - lowest for item, value in height.items()}
    rises = [(left.column, abs(height[left] - height[right])) for left, right in links]
    lefts, widths = _placed_columns(columns, parts, rises)
    return _Drawing(parts, columns, height, lefts, widths).layout(max(height[item] + room(item) for item in height))


def _columns(diagram: Diagram) -> list[int]:
    """Returns each vertex's column: 0 for one without edges to it, else one more than the vertices it reads.

    Outputs that nothing reads share the last column, at the right of everything else.
    """
    columns: list[int] = []
    for target in range(len(diagram.vertices)):
        columns.append(1 + max((columns[edge.source] for edge in diagram.edges if edge.target == target), default=-1))
    read = {edge.source for edge in diagram.edges}
    ends = [vertex.kind == "output" and place not in read for place, vertex in enumerate(diagram.vertices)]
    last = 1 + max((column for column, end in zip(columns, ends, strict=True) if not end), default=-1)
    return [last if end else column for column, end in zip(columns, ends, strict=True)]


def _placed_columns(
    columns: Sequence[int], parts: Parts, rises: Sequence[tuple[int, float]]
) -> tuple[list[float], list[float]]:
    """Returns each column's left and width; rises: how much a line after a column rises or falls."""
    lefts: list[float] = []
    widths: list[float] = []
    left = 0.0
    for column in range(max(columns) + 1):
        vertices = [vertex for vertex, own in enumerate(columns) if own == column]
        labelled = [parts.label_width + parts.entry(vertex) for vertex in vertices if parts.labelled(vertex)]
        lefts.append(left)
        widths.append(max(labelled, default=0.0) + max(parts.size(vertex)[0] for vertex in vertices))
        rise = max((rise for other, rise in rises if other == column), default=0.0)
        left += widths[-1] + min(SMALLEST_GAP + GAP_FOR_HEIGHT * rise, LARGEST_GAP)
    return lefts, widths


@dataclass(frozen=True)
class _Drawing:
    """A diagram whose columns and heights are known."""

    parts: Parts
    columns: Sequence[int]
    height: Mapping[Item, float]
    lefts: Sequence[float]
    widths: Sequence[float]

    def layout(self, height: float) -> DiagramLayout:
        diagram = self.parts.diagram
        offsets: dict[int, float] = {}
        for vertex in range(len(diagram.vertices)):
            offsets |= self._offsets(vertex)
        edges = range(len(diagram.edges))
        return DiagramLayout(
            width=self.lefts[-1] + self.widths[-1],
            height=height,
            vertices=tuple(self._box(vertex) for vertex in range(len(diagram.vertices))),
            labels=tuple(self._label(edge, offsets[edge]) for edge in edges),
            lines=tuple(self._line(edge, offsets[edge]) for edge in edges),
        )

    def _box(self, vertex: int) -> Box:
        """A vertex stands at the right of its column, its labels at the left."""
        column = self.columns[vertex]
        width, height = self.parts.size(vertex)
        x = self.lefts[column] + self.widths[column] - width / 2
        return Box(Point(x, self.height[Item(vertex, column)]), width, height)

    def _offsets(self, vertex: int) -> dict[int, float]:
        """Returns how far above the vertex's centre each edge to it arrives: those from higher up above the others."""
        if not self.parts.labelled(vertex):
            return dict.fromkeys(self.parts.incoming[vertex], 0.0)
        before = self.columns[vertex] - 1
        edges = self.parts.diagram.edges
        top = self.parts.stack(vertex) / 2
        offsets = {}
        for edge in sorted(
            self.parts.incoming[vertex], key=lambda edge: -self.height[Item(edges[edge].source, before)]
        ):
            slot = self.parts.slot(edge)
            offsets[edge] = top - slot / 2
            top -= slot + LABEL_DISTANCE
        return offsets

    def _label(self, edge: int, offset: float) -> Box | None:
        _, target, label = self.parts.diagram.edges[edge]
        if label is None:
            return None
        x = self.lefts[self.columns[target]] + self.parts.label_width / 2
        return Box(Point(x, self._box(target).centre.y + offset), self.parts.label_width, LABEL_HEIGHT)

    def _line(self, edge: int, offset: float) -> Line:
        source, target, _ = self.parts.diagram.edges[edge]
        left = self.lefts[self.columns[target]]
        y = self._box(target).centre.y + offset
        points = (*self._to_column(source, self.columns[target]), Point(left, y))
        entry = self._entry(target, offset)
        if self.parts.labelled(target):
            return (*points, Point(left + self.parts.label_width, y), entry)
        return (*points, entry) if entry.x > left else points

    def _entry(self, vertex: int, offset: float) -> Point:
        """Returns where an edge ends: on the left side of the vertex, nearer to its centre than its label."""
        centre, width, height = self._box(vertex)
        highest = max(self.parts.stack(vertex) - LABEL_HEIGHT, height) / 2
        rise = offset * min(ENTRY_SPREAD, LARGEST_ENTRY * height / 2 / highest)
        circle = is_round(self.parts.diagram.vertices[vertex])
        reach = math.sqrt((width / 2) ** 2 - rise**2) if circle else width / 2
        return Point(centre.x - reach, centre.y + rise)

    def _to_column(self, vertex: int, column: int) -> Line:
        """Returns the line from the right of a vertex, straight through the columns before the given one."""
        centre, width, _ = self._box(vertex)
        points = [Point(centre.x + width / 2, centre.y)]
        for between in range(self.columns[vertex] + 1, column):
            y = self.height[Item(vertex, between)]
            points += [Point(self.lefts[between], y), Point(self.lefts[between] + self.widths[between], y)]
        return tuple(points)
