"""What all figures share: colours, sizes, an empty chart. Nothing here uses pyplot, which has global state."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

# Okabe and Ito's palette, which readers with any kind of colour vision can tell apart; markers tell it in grey as well.
ACCENT = "#D55E00"
SERIES_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
SERIES_MARKERS = ("o", "s", "^", "D", "v")
INK = "#222222"
QUIET = "#767676"
GRID = "#DDDDDD"

TITLE_SIZE, TEXT_SIZE, NOTE_SIZE = 12, 10, 9  # points
TITLE_PAD, LEGEND_ROW = 28, 14  # points from a title to its chart with one row of legend; for each row more
POINTS_PER_INCH = 72
CHART_INCHES = (7.0, 4.5)
LEGEND_COLUMNS = 4  # at most
LEGEND_INCHES, HANDLE_INCHES = 6.2, 0.55  # of a row; of an entry beside its text


def chart(title: str, x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """Returns an empty chart with labelled axes."""
    figure = Figure(figsize=CHART_INCHES, layout="constrained")
    axes = figure.add_subplot()
    dress(axes, title, x_label, y_label)
    return figure, axes


def dress(axes: Axes, title: str, x_label: str, y_label: str) -> None:
    """Gives a chart its title, labels, grid and spines."""
    write_title(axes, title)
    axes.set_xlabel(x_label, fontsize=TEXT_SIZE, color=INK)
    axes.set_ylabel(y_label, fontsize=TEXT_SIZE, color=INK)
    axes.tick_params(labelsize=NOTE_SIZE, color=QUIET, labelcolor=INK)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)


def series_style(place: int) -> tuple[str, str]:
    """Returns colour and marker of a chart's series; the first five differ in both, the first 25 in one of them."""
    count = len(SERIES_COLOURS)
    return SERIES_COLOURS[place % count], SERIES_MARKERS[(place + place // count) % count]


def legend(axes: Axes) -> None:
    """Puts the legend between the title and the chart, where it hides no data: a row, or more if it needs them."""
    labels = axes.get_legend_handles_labels()[1]
    columns = _legend_columns([text_width(label, NOTE_SIZE) + HANDLE_INCHES for label in labels])
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.3,
        borderpad=0,
        ncols=columns,
        columnspacing=1.6,
        handletextpad=0.5,
        fontsize=NOTE_SIZE,
        labelcolor=INK,
        frameon=False,
    )
    write_title(axes, axes.get_title(loc="left"), math.ceil(len(labels) / columns))


def _legend_columns(widths: Sequence[float]) -> int:
    """Returns how many columns of a legend fit, given the widths of its entries in inches."""
    for columns in range(LEGEND_COLUMNS, 1, -1):
        filled = [column for column in np.array_split(widths, columns) if len(column)]  # as matplotlib fills them
        if sum(max(column) for column in filled) <= LEGEND_INCHES:
            return columns
    return 1


def write_title(axes: Axes, text: str, legend_rows: int = 1) -> None:
    """Writes a chart's title, with room below it for the rows of a legend."""
    pad = TITLE_PAD + LEGEND_ROW * max(0, legend_rows - 1)
    axes.set_title(text, fontsize=TITLE_SIZE, color=INK, loc="left", pad=pad)


@lru_cache(maxsize=1024)
def text_width(text: str, points: float, bold: bool = False) -> float:
    """Returns the width of a line of text in inches."""
    if not text.strip():
        return 0.0
    font = FontProperties(weight="bold" if bold else "normal")
    return float(TextPath((0, 0), text, size=points, prop=font).get_extents().width) / POINTS_PER_INCH


def shown_name(name: str) -> str:
    """Returns a name as matplotlib writes it: a letter with a subscript, such as c_k or P_2E, as in a formula."""
    formula = re.fullmatch(r"([A-Za-z])_(?:\{([\w+-]+)\}|([A-Za-z0-9]+))", name)
    if formula is None:
        return name.replace("$", r"\$")
    return f"${formula[1]}_{{{formula[2] or formula[3]}}}$"


def nothing_yet(axes: Axes, text: str) -> None:
    """Says why a chart is empty, in place of ticks that would mean nothing."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, fontsize=TEXT_SIZE, color=QUIET, ha="center", va="center")


def note(figure: Figure, text: str) -> None:
    """Writes a remark below the chart."""
    figure.supxlabel(text, fontsize=NOTE_SIZE, color=QUIET, x=0.99, ha="right")
