"""The shares of operations on every edge, or place of a chain, over the epochs: where a search decides, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from econas_jax.figures.style import INK, NOTE_SIZE, SERIES_COLOURS, TEXT_SIZE, TITLE_SIZE, series_style
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.diagram import INPUTS
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.supernet.derive import node_rows
from econas_jax.supernet.history import Rows

INCHES = (2.1, 1.5)  # of a chart
TOP = 0.9  # inches, of the title and the legend
COLUMNS = 5  # charts of places side by side


def plot_shares(title: str, tables: Sequence[Rows]) -> Figure:
    """Draws a chart for each edge, a row of them for each node; tables: after each epoch, from the first."""
    values = np.array(tables)  # [epochs, edges, operations]
    nodes = len(node_rows(values[0]))
    figure, grid = _grid(nodes, CELL_INPUTS + nodes - 1)
    edge = 0
    for node in range(nodes):
        for source, axes in enumerate(grid[node]):
            if source >= CELL_INPUTS + node:
                axes.remove()
                continue
            name = INPUTS[source].name if source < CELL_INPUTS else str(source - CELL_INPUTS)
            _draw(axes, f"${name}$ to {node}", values[:, edge], SEARCH_OPERATIONS)
            edge += 1
    _finish(figure, grid[0][0], title)
    return figure


def plot_place_shares(title: str, tables: Sequence[Rows], labels: Sequence[str]) -> Figure:
    """Draws a chart for each place of a chain; tables: after each epoch; labels: of the candidates, in their order."""
    values = np.array(tables)  # [epochs, places, candidates]
    places = values.shape[1]
    figure, grid = _grid(-(-places // COLUMNS), min(places, COLUMNS))
    for place, axes in enumerate(grid.flat):
        if place < places:
            _draw(axes, f"block {place + 1}", values[:, place], labels)
        else:
            axes.remove()
    _finish(figure, grid[0][0], title)
    return figure


def _grid(rows: int, columns: int) -> tuple[Figure, Any]:
    size = INCHES[0] * max(columns, 2), INCHES[1] * rows + TOP  # two: for the legend
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)


def _draw(axes: Axes, name: str, values: np.ndarray, labels: Sequence[str]) -> None:
    """Draws the shares [epochs, operations] of one edge or place."""
    epochs = np.arange(1, len(values) + 1)
    for place, label in enumerate(labels):
        colour, marker = series_style(place)
        axes.plot(
            *(epochs, values[:, place]),
            color=colour,
            linestyle="-" if place < len(SERIES_COLOURS) else "--",  # colours come again
            linewidth=1.2,
            marker=marker,
            markersize=4,
            markevery=[-1],
            label=label,
        )
    axes.set_title(name, fontsize=NOTE_SIZE, color=INK)
    axes.tick_params(labelsize=NOTE_SIZE)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _finish(figure: Figure, axes: Axes, title: str) -> None:
    figure.supxlabel("Epoch", fontsize=TEXT_SIZE, color=INK)
    figure.supylabel("Share", fontsize=TEXT_SIZE, color=INK)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        *(handles, labels),
        title=title,  # so that neither covers the other
        title_fontsize=TITLE_SIZE,
        alignment="left",
        loc="outside upper left",
        ncols=4,
        fontsize=NOTE_SIZE,
        labelcolor=INK,
        frameon=False,
    )
