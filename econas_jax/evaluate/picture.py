"""The confusion matrix as a picture."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import PercentFormatter

from econas_jax.evaluate.measures import Evaluation
from econas_jax.figures.style import INK, NOTE_SIZE, SERIES_COLOURS, TEXT_SIZE, dress

MOST_WITH_NUMBERS = 20  # classes; with more, numbers do not fit into the cells
MOST_WITH_NAMES = 50
LONGEST_NAME = 18  # characters
CELL_INCHES, MARGIN_INCHES, SMALLEST_INCHES, LARGEST_INCHES = 0.42, 2.4, 4.5, 11.0
NORM = PowerNorm(0.5, vmin=0, vmax=1)  # so that a mistake in a hundred can be seen
DARK = 0.6  # of the way to the darkest shade: there, numbers are white
SHADES = LinearSegmentedColormap.from_list("shades", ["#FFFFFF", SERIES_COLOURS[0]])


def plot_confusion(evaluation: Evaluation, title: str) -> Figure:
    """Draws what share of each class's images was taken for which class; with few classes, how many they were."""
    count = len(evaluation.classes)
    side = float(np.clip(CELL_INCHES * count + MARGIN_INCHES, SMALLEST_INCHES, LARGEST_INCHES))
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.add_subplot()
    dress(axes, title, "Predicted class", "True class")
    totals = evaluation.confusion.sum(axis=1, keepdims=True)
    shares = evaluation.confusion / np.maximum(totals, 1)
    image = axes.imshow(shares, cmap=SHADES, norm=NORM, interpolation="nearest")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, format=PercentFormatter(xmax=1, symbol=None))
    bar.set_label("Of the true class's images (%)", fontsize=TEXT_SIZE, color=INK)
    bar.ax.tick_params(labelsize=NOTE_SIZE, labelcolor=INK)
    bar.outline.set_visible(False)
    if count <= MOST_WITH_NAMES:
        _name_classes(axes, evaluation.classes)
    if count <= MOST_WITH_NUMBERS:
        _write_numbers(axes, evaluation, shares)
    return figure


def _name_classes(axes: Axes, classes: tuple[str, ...]) -> None:
    """Names the classes; one whose name the font has no letters for has its number from 0."""
    font = get_font(findfont(FontProperties()))
    writable = [all(font.get_char_index(ord(letter)) for letter in name) for name in classes]
    shown = [name if fits else str(number) for number, (name, fits) in enumerate(zip(classes, writable, strict=True))]
    names = [_shortened(name).replace("$", r"\$") for name in shown]
    turned = max(map(len, names)) > 2
    axes.set_xticks(range(len(names)), names, rotation=90 if turned else 0)
    axes.set_yticks(range(len(names)), names)


def _write_numbers(axes: Axes, evaluation: Evaluation, shares: np.ndarray) -> None:
    for (true, predicted), number in np.ndenumerate(evaluation.confusion):
        if number:
            colour = "white" if NORM(shares[true, predicted]) > DARK else INK
            axes.text(predicted, true, f"{number:,}", ha="center", va="center", fontsize=NOTE_SIZE, color=colour)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
