"""One diagram as lines, boxes and texts."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from econas_jax.figures.diagram_layout import Box, DiagramLayout, Line, Point
from econas_jax.figures.diagram_parts import is_round
from econas_jax.figures.diagram_text import LABEL_SIZE, tint, wrapped
from econas_jax.figures.style import INK, QUIET, TEXT_SIZE, shown_name
from econas_jax.spaces.space import Diagram, DiagramEdge

# Of the lines from inputs, in their order; lines from nodes are black.
INPUT_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
NO_CONNECTION = "none"  # the operation whose edges carry nothing


def draw_diagram(axes: Axes, diagram: Diagram, layout: DiagramLayout) -> None:
    """Draws a diagram on axes that are as many inches wide and high as its layout."""
    inputs = [place for place, vertex in enumerate(diagram.vertices) if vertex.kind == "input"]
    colours = {place: INPUT_COLOURS[number % len(INPUT_COLOURS)] for number, place in enumerate(inputs)}
    for edge, line, label in zip(diagram.edges, layout.lines, layout.labels, strict=True):
        _draw_edge(axes, edge, line, colours.get(edge.source, INK))
        if label is not None and edge.label is not None:
            _draw_label(axes, label, edge.label)
    for place, (vertex, box) in enumerate(zip(diagram.vertices, layout.vertices, strict=True)):
        if is_round(vertex):
            circle = Circle(box.centre, box.width / 2, facecolor="white", edgecolor=INK, linewidth=1.2, zorder=5)
            axes.add_patch(circle).set_clip_on(False)
        else:
            _draw_box(axes, box, facecolor="white", edgecolor=colours.get(place, INK), linewidth=1.6)
        name = shown_name(vertex.name)
        axes.text(*box.centre, name, fontsize=TEXT_SIZE, color=INK, ha="center", va="center_baseline", zorder=6)


def _draw_edge(axes: Axes, edge: DiagramEdge, line: Line, colour: str) -> None:
    if edge.label is None:
        _draw_line(axes, line, color=QUIET, linewidth=1.0, zorder=1)
    elif edge.label == NO_CONNECTION:
        _draw_line(axes, line, color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2)
    else:
        _draw_line(axes, line, color=colour, linewidth=1.3, zorder=3)


def _draw_label(axes: Axes, box: Box, operation: str) -> None:
    none = operation == NO_CONNECTION
    colour = QUIET if none else INK
    style = (0, (3, 2)) if none else "solid"
    _draw_box(axes, box, facecolor="white" if none else tint(operation), edgecolor=colour, linestyle=style)
    axes.text(
        *box.centre,
        wrapped(operation),
        fontsize=LABEL_SIZE,
        color=colour,
        ha="center",
        va="center",
        linespacing=1.15,
        zorder=6,
    )


def _draw_box(axes: Axes, box: Box, **style: object) -> None:
    corner = (box.centre.x - box.width / 2, box.centre.y - box.height / 2)
    patch = FancyBboxPatch(
        corner, box.width, box.height, boxstyle="round,pad=0,rounding_size=0.07", linewidth=0.9, zorder=5
    )
    patch.set(clip_on=False, **style)
    axes.add_patch(patch)


def _draw_line(axes: Axes, line: Line, **style: object) -> None:
    """A line with an arrow head; its bends leave and arrive level."""
    points: list[Point] = [line[0]]
    codes = [Path.MOVETO]
    for number, (start, end) in enumerate(pairwise(line)):
        if number % 2:
            points.append(end)
            codes.append(Path.LINETO)
        else:
            middle = (start.x + end.x) / 2
            points += [Point(middle, start.y), Point(middle, end.y), end]
            codes += [Path.CURVE4] * 3
    arrow = FancyArrowPatch(path=Path(points, codes), arrowstyle="-|>", mutation_scale=9, shrinkA=0, shrinkB=0)
    arrow.set(clip_on=False, **style)
    axes.add_patch(arrow)
