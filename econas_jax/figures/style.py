"""What all figures share: colours, sizes, an empty chart. Matplotlib's objects alone: pyplot would be global state."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, which readers with any kind of colour vision can tell apart; markers tell it in grey as well.
RUNG_COLOURS = ("#0072B2", "#E69F00", "#009E73")  # P_E, P_2E, P_3E
RUNG_MARKERS = ("o", "s", "^")
RUNG_NAMES = ("$P_{E}$", "$P_{2E}$", "$P_{3E}$")
RUNG_EPOCHS = ("E", "2E", "3E")
ACCENT = "#D55E00"
# More of the same palette, for series that are no rungs.
SERIES_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
SERIES_MARKERS = ("o", "s", "^", "D", "v")
INK = "#222222"
QUIET = "#767676"
GRID = "#DDDDDD"

TITLE_SIZE, TEXT_SIZE, NOTE_SIZE = 12, 10, 9  # points
CHART_INCHES = (7.0, 4.5)


def chart(title: str, x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """An empty chart with labelled axes."""
    figure = Figure(figsize=CHART_INCHES, layout="constrained")
    axes = figure.add_subplot()
    dress(axes, title, x_label, y_label)
    return figure, axes


def dress(axes: Axes, title: str, x_label: str, y_label: str) -> None:
    """Title, labels, grid and spines of a chart."""
    axes.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left", pad=28)  # points: the legend's row lies between
    axes.set_xlabel(x_label, fontsize=TEXT_SIZE, color=INK)
    axes.set_ylabel(y_label, fontsize=TEXT_SIZE, color=INK)
    axes.tick_params(labelsize=NOTE_SIZE, color=QUIET, labelcolor=INK)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)


def legend(axes: Axes) -> None:
    """A row under the title, where it hides no data."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.3,
        borderpad=0,
        ncols=4,
        columnspacing=1.6,
        handletextpad=0.5,
        fontsize=NOTE_SIZE,
        labelcolor=INK,
        frameon=False,
    )


def nothing_yet(axes: Axes, text: str) -> None:
    """Says why a chart is empty, in place of ticks that would mean nothing."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, fontsize=TEXT_SIZE, color=QUIET, ha="center", va="center")


def note(figure: Figure, text: str) -> None:
    """A remark below the chart."""
    figure.supxlabel(text, fontsize=NOTE_SIZE, color=QUIET, x=0.99, ha="right")
