"""The three populations over the cycles of a search, as the paper's Figure 10."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from econas_jax.figures.style import RUNG_COLOURS, RUNG_EPOCHS, RUNG_MARKERS, RUNG_NAMES, chart, legend, nothing_yet
from econas_jax.search.history import CycleSummary

MARKED_CYCLES = 30  # with more cycles markers would hide the lines


def plot_populations(cycles: Sequence[CycleSummary]) -> Figure:
    """Mean validation accuracy of P_E, P_2E and P_3E at the end of each cycle; a gap where a population was empty."""
    figure, axes = chart("Mean accuracy of the three populations", "Cycle", "Mean validation accuracy (%)")
    numbers = [summary.cycle for summary in cycles]
    for rung in range(3):
        means = [summary.mean_accuracies[rung] for summary in cycles]
        axes.plot(
            numbers,
            [math.nan if mean is None else mean for mean in means],
            color=RUNG_COLOURS[rung],
            marker=RUNG_MARKERS[rung] if len(cycles) <= MARKED_CYCLES else "",
            markersize=4.5,
            linewidth=1.8,
            label=f"{RUNG_NAMES[rung]}, {RUNG_EPOCHS[rung]} epochs",
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    legend(axes)
    if not cycles:
        nothing_yet(axes, "no cycle has finished yet")
    return figure
