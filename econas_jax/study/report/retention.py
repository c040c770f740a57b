"""How many of the best networks the proxies keep, by their rho, as the paper's Figure 9."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from econas_jax.figures.style import NOTE_SIZE, SERIES_COLOURS, chart, legend, note, nothing_yet
from econas_jax.study.analysis import Analysis

WIDTH = 0.1  # of a group of proxies, in rho
LAST = round(1 / WIDTH) - 1  # the last group, which includes its upper end, 1


def plot_retention(analysis: Analysis) -> Figure:
    """Draws how many of the original's best networks are among a proxy's best, as means of groups of proxies."""
    figure, axes = chart("Best networks kept", "Spearman ρ of the proxies", "Kept, mean of the group (%)")
    groups = defaultdict(list)
    for result in analysis.ranked:
        group = math.floor(analysis.rho(result.name) / WIDTH + 1e-9)
        groups[min(group, LAST)].append(result)
    if not groups:
        nothing_yet(axes, "no proxy has a rho")
        return figure
    places = sorted(groups)
    sizes = [(kept.top, kept.kept) for kept in groups[places[0]][0].retention]
    for series, (top, kept) in enumerate(sizes):
        heights = [float(np.mean([result.retention[series].share for result in groups[place]])) for place in places]
        offset = (series - (len(sizes) - 1) / 2) * 0.38
        bars = axes.bar(
            [position + offset for position in range(len(places))],
            heights,
            width=0.36,
            color=SERIES_COLOURS[series],
            label=f"best {top} in the proxy's best {kept}",
        )
        axes.bar_label(bars, [f"{100 * height:.0f}" for height in heights], fontsize=NOTE_SIZE, padding=2)
    labels = [f"{place * WIDTH:.1f} to {(place + 1) * WIDTH:.1f}\n{_proxies(len(groups[place]))}" for place in places]
    axes.set_xticks(range(len(places)), labels)
    axes.set_ylim(0, 1.12)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    legend(axes)
    note(figure, f"of {analysis.networks} networks")
    return figure


def _proxies(count: int) -> str:
    return "1 proxy" if count == 1 else f"{count} proxies"
