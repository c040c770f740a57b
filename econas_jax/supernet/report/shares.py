"""The shares of operations on every edge over the epochs: where a search decides, and when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
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


def plot_shares(title: str, tables: Sequence[Rows]) -> Figure:
    """Draws a chart for each edge, a row of them for each node; tables: after each epoch, from the first."""
    values = np.array(tables)  # [epochs, edges, operations]
    nodes = len(node_rows(values[0]))
    width, height = INCHES[0] * (CELL_INPUTS + nodes - 1), INCHES[1] * nodes + TOP
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(nodes, CELL_INPUTS + nodes - 1, sharex=True, sharey=True, squeeze=False)
    epochs = np.arange(1, len(values) + 1)
    edge = 0
    for node in range(nodes):
        for source, axes in enumerate(grid[node]):
            if source >= CELL_INPUTS + node:
                axes.remove()
                continue
            for place, operation in enumerate(SEARCH_OPERATIONS):
                colour, marker = series_style(place)
                line = "-" if place < len(SERIES_COLOURS) else "--"  # colours come again
                axes.plot(
                    *(epochs, values[:, edge, place]),
                    color=colour,
                    linestyle=line,
                    linewidth=1.2,
                    marker=marker,
                    markersize=4,
                    markevery=[-1],
                    label=operation,
                )
            name = INPUTS[source].name if source < CELL_INPUTS else str(source - CELL_INPUTS)
            axes.set_title(f"${name}$ to {node}", fontsize=NOTE_SIZE, color=INK)
            axes.tick_params(labelsize=NOTE_SIZE)
            axes.spines[["top", "right"]].set_visible(False)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            edge += 1
    figure.supxlabel("Epoch", fontsize=TEXT_SIZE, color=INK)
    figure.supylabel("Share", fontsize=TEXT_SIZE, color=INK)
    handles, labels = grid[0][0].get_legend_handles_labels()
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
    return figure
