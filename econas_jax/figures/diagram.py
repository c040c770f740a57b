"""Cells as graphs: every edge goes through the name of its operation to the vertex it adds to."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure

from econas_jax.figures.diagram_drawing import draw_diagram
from econas_jax.figures.diagram_layout import DiagramLayout, Point, layout_diagram
from econas_jax.figures.figure_files import svg_text
from econas_jax.figures.style import INK, TEXT_SIZE, TITLE_SIZE, text_width
from econas_jax.spaces.space import Diagram

MARGIN, BETWEEN = 0.2, 0.6  # inches, around and between diagrams
HEADING = 0.4  # inches over each diagram, for its title
LINE_HEIGHT = 0.24  # inches, of the figure's title
SMALLEST_WIDTH = 7.0  # inches, so that a title has room
WIDEST_ROW = 14.0  # inches, of diagrams beside each other


Placed = tuple[Diagram, DiagramLayout]


def plot_diagrams(diagrams: Sequence[Diagram], title: str) -> Figure:
    """Draws diagrams beside each other, in rows where there are many, in one scale and a figure as large as they need.

    An edge with a label leads through it to its target, in its input's colour; `none` edges are grey and dashed, edges
    without a label thin and grey.
    """
    rows = _rows([(diagram, layout_diagram(diagram)) for diagram in diagrams])
    content = max(map(_row_width, rows))
    width = max(content + 2 * MARGIN, SMALLEST_WIDTH)
    lines = _title_lines(title, width - 2 * MARGIN)
    height = 2 * MARGIN + len(lines) * LINE_HEIGHT + sum(HEADING + _row_height(row) for row in rows)
    height += BETWEEN * (len(rows) - 1)
    figure = Figure(figsize=(width, height))
    place = (MARGIN / width, 1 - MARGIN / height)
    figure.text(*place, "\n".join(lines), fontsize=TITLE_SIZE, color=INK, ha="left", va="top")
    top = height - MARGIN - len(lines) * LINE_HEIGHT - HEADING
    for row in rows:
        left = (width - content) / 2
        for diagram, layout in row:
            _add_diagram(figure, diagram, layout, Point(left, top))
            left += _width(diagram, layout) + BETWEEN
        top -= _row_height(row) + BETWEEN + HEADING
    return figure


def diagrams_svg(diagrams: Sequence[Diagram], title: str) -> str:
    """Returns the drawing of `plot_diagrams` as an SVG element, for an HTML page or a notebook."""
    return svg_text(plot_diagrams(diagrams, title))


def _title_lines(title: str, width: float) -> list[str]:
    """Breaks a title into lines that are no wider than `width` inches."""
    characters = max(len(title), 1)
    lines = [title]
    while characters > 1 and any(text_width(line, TITLE_SIZE) > width for line in lines):
        characters -= 1
        lines = textwrap.wrap(title, characters)
    return [line for line in lines if line]


def _rows(placed: Sequence[Placed]) -> list[list[Placed]]:
    """Fills rows from the left."""
    rows: list[list[Placed]] = [[]]
    for one in placed:
        if rows[-1] and _row_width([*rows[-1], one]) > WIDEST_ROW:
            rows.append([])
        rows[-1].append(one)
    return rows


def _width(diagram: Diagram, layout: DiagramLayout) -> float:
    return max(layout.width, text_width(diagram.title, TEXT_SIZE, bold=True))


def _row_width(row: Sequence[Placed]) -> float:
    return sum(_width(*one) for one in row) + BETWEEN * (len(row) - 1)


def _row_height(row: Sequence[Placed]) -> float:
    return max((layout.height for _, layout in row), default=0.0)


def _add_diagram(figure: Figure, diagram: Diagram, layout: DiagramLayout, corner: Point) -> None:
    """corner: the upper left one, in inches from the figure's lower left."""
    width, height = figure.get_size_inches()
    place = (corner.x / width, (corner.y + HEADING / 3) / height)
    figure.text(*place, diagram.title, fontsize=TEXT_SIZE, fontweight="bold", color=INK, ha="left", va="bottom")
    box = (corner.x / width, (corner.y - layout.height) / height, layout.width / width, layout.height / height)
    axes = figure.add_axes(box, xlim=(0, layout.width), ylim=(0, layout.height), label=diagram.title)
    axes.set_axis_off()
    draw_diagram(axes, diagram, layout)
