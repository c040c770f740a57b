"""Ranks in the original setting against ranks by a proxy, as the paper's Figure 3."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from econas_jax.figures.style import GRID, NOTE_SIZE, QUIET, SERIES_COLOURS, dress, note
from econas_jax.study.analysis import Analysis
from econas_jax.study.coefficients import rank_pairs
from econas_jax.study.table import StudyTable

PANEL_INCHES = 4.2
MOST_MARKERS = 2_000  # of an SVG that opens at once; more are drawn as an image within it


def plot_rank_scatter(table: StudyTable, analysis: Analysis, proxies: Sequence[str]) -> Figure:
    """Draws a panel for each proxy with a point for each network; on the diagonal both settings agree."""
    figure = Figure(figsize=(PANEL_INCHES * len(proxies), PANEL_INCHES + 0.7), layout="constrained")
    panels = figure.subplots(1, len(proxies), squeeze=False)[0]
    truth = table.accuracies(analysis.original)
    for axes, proxy in zip(panels, proxies, strict=True):
        pairs = rank_pairs(truth, table.accuracies(proxy))
        dress(
            axes,
            proxy,
            f"Rank by {analysis.original}",
            f"Rank by {proxy}",
        )
        limits = (0, analysis.networks + 1)
        axes.plot(limits, limits, color=GRID, linewidth=1.4, zorder=1)
        axes.plot(
            [pair.original for pair in pairs],
            [pair.proxy for pair in pairs],
            linestyle="",
            marker="o",
            markersize=6,
            color=SERIES_COLOURS[0],
            markeredgecolor="white",
            markeredgewidth=0.5,
            rasterized=analysis.networks > MOST_MARKERS,
        )
        axes.set(xlim=limits, ylim=limits, aspect="equal")
        axes.text(
            0, 1.02, f"ρ = {analysis.result(proxy).rho}", transform=axes.transAxes, fontsize=NOTE_SIZE, color=QUIET
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
    note(
        figure,
        f"{analysis.original}: the original setting; rank 1: the most accurate; ρ: Spearman, 95 % interval",
    )
    return figure
