"""The two cells of a genotype as graphs: every edge goes through the name of its operation to the node it adds to."""

from __future__ import annotations

import textwrap
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from econas_jax.figures.cell_layout import (
    END_SIZE,
    LABEL_HEIGHT,
    LABEL_WIDTH,
    NODE_SIZE,
    CellLayout,
    Line,
    Point,
    layout_cell,
)
from econas_jax.figures.style import INK, QUIET, TEXT_SIZE, TITLE_SIZE
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype, Genotype

# Two lines each, so that a label is narrow; pale tints of the palette by kind of operation.
LABELS = {
    "none": "none",
    "max_pool_3x3": "max_pool\n3x3",
    "avg_pool_3x3": "avg_pool\n3x3",
    "skip_connect": "skip\nconnect",
    "sep_conv_3x3": "sep_conv\n3x3",
    "sep_conv_5x5": "sep_conv\n5x5",
    "dil_conv_3x3": "dil_conv\n3x3",
    "dil_conv_5x5": "dil_conv\n5x5",
    "sep_conv_7x7": "sep_conv\n7x7",
    "conv_7x1_1x7": "conv\n7x1_1x7",
}
TINTS = {"sep": "#D2EBDD", "dil": "#E9DDF0", "max": "#FBEFC2", "avg": "#FBEFC2", "skip": "#F0F0F0", "conv": "#EBDFD2"}

INPUT_COLOURS = ("#0072B2", "#D55E00")  # lines from c_{k-2} and c_{k-1}; lines from nodes are black

LABEL_SIZE = 9  # points
MARGIN, BETWEEN_CELLS = 0.2, 0.6  # inches
HEADING = 0.4  # inches over each cell, for its name
LINE_HEIGHT = 0.24  # inches, of the title
CHARACTERS_PER_INCH = 9  # of the title
SMALLEST_WIDTH = 7.0  # inches, so that a title has room


def plot_genotype(genotype: Genotype, title: str) -> Figure:
    """Draws the normal cell (left) and the reduction cell (right) of a genotype, in a figure as large as they need.

    Nodes are numbered from 0 in the order of the genotype. Each of a node's two edges leads through its operation;
    `none` edges are grey and dashed. Thin grey lines lead from the nodes of the concat to the cell's output c_k.
    """
    layouts = [layout_cell(genotype.normal), layout_cell(genotype.reduce)]
    content = sum(layout.width for layout in layouts) + BETWEEN_CELLS
    width = max(content + 2 * MARGIN, SMALLEST_WIDTH)
    lines = textwrap.wrap(title, int((width - 2 * MARGIN) * CHARACTERS_PER_INCH))
    top = MARGIN + max(layout.height for layout in layouts)
    height = top + HEADING + len(lines) * LINE_HEIGHT + MARGIN
    figure = Figure(figsize=(width, height))
    place = (MARGIN / width, 1 - MARGIN / height)
    figure.text(*place, "\n".join(lines), fontsize=TITLE_SIZE, color=INK, ha="left", va="top")
    left = (width - content) / 2
    cells = (("Normal cell", genotype.normal), ("Reduction cell", genotype.reduce))
    for (name, cell), layout in zip(cells, layouts, strict=True):
        place = (left / width, (top + HEADING / 3) / height)
        figure.text(*place, name, fontsize=TEXT_SIZE, fontweight="bold", color=INK, ha="left", va="bottom")
        box = (left / width, (top - layout.height) / height, layout.width / width, layout.height / height)
        axes = figure.add_axes(box, xlim=(0, layout.width), ylim=(0, layout.height), label=name)
        axes.set_axis_off()
        _draw_cell(axes, cell, layout)
        left += layout.width + BETWEEN_CELLS
    return figure


def _draw_cell(axes: Axes, cell: CellGenotype, layout: CellLayout) -> None:
    for line in layout.outputs:
        _draw_line(axes, line, color=QUIET, linewidth=1.0, zorder=1)
    for edge, line, place in zip(cell.edges, layout.edges, layout.labels, strict=True):
        if edge.operation == "none":
            _draw_line(axes, line, color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2)
        else:
            colour = INPUT_COLOURS[edge.input] if edge.input < CELL_INPUTS else INK
            _draw_line(axes, line, color=colour, linewidth=1.3, zorder=3)
        _draw_label(axes, place, edge.operation)
    names = ["$c_{k-2}$", "$c_{k-1}$", *(str(node) for node in range(cell.nodes)), "$c_{k}$"]
    for value, (place, name) in enumerate(zip(layout.values, names, strict=True)):
        if CELL_INPUTS <= value < CELL_INPUTS + cell.nodes:
            axes.add_patch(Circle(place, NODE_SIZE / 2, facecolor="white", edgecolor=INK, linewidth=1.2, zorder=5))
        else:
            colour = INPUT_COLOURS[value] if value < CELL_INPUTS else INK
            _draw_box(axes, place, END_SIZE, END_SIZE, facecolor="white", edgecolor=colour, linewidth=1.6)
        axes.text(*place, name, fontsize=TEXT_SIZE, color=INK, ha="center", va="center_baseline", zorder=6)


def _draw_label(axes: Axes, place: Point, operation: str) -> None:
    none = operation == "none"
    colour = QUIET if none else INK
    tint = "white" if none else TINTS[operation.split("_")[0]]
    style = (0, (3, 2)) if none else "solid"
    _draw_box(axes, place, LABEL_WIDTH, LABEL_HEIGHT, facecolor=tint, edgecolor=colour, linestyle=style)
    axes.text(
        *place,
        LABELS[operation],
        fontsize=LABEL_SIZE,
        color=colour,
        ha="center",
        va="center",
        linespacing=1.15,
        zorder=6,
    )


def _draw_box(axes: Axes, centre: Point, width: float, height: float, **style: object) -> None:
    corner = (centre.x - width / 2, centre.y - height / 2)
    box = FancyBboxPatch(corner, width, height, boxstyle="round,pad=0,rounding_size=0.07", linewidth=0.9, zorder=5)
    box.set(clip_on=False, **style)
    axes.add_patch(box)


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
