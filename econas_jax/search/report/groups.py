"""The groups of a search over its rounds; for EcoNAS's three populations the paper's Figure 10."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from econas_jax.figures.style import chart, legend, nothing_yet, series_style, shown_name
from econas_jax.search.history import RoundSummary

MARKED_ROUNDS = 30  # with more rounds markers would hide the lines


def plot_groups(rounds: Sequence[RoundSummary]) -> Figure:
    """Draws the mean validation accuracy of each group at the end of each round, with a gap where it was empty.

    Groups that never had a member are left out.
    """
    figure, axes = chart("Mean accuracy over the rounds", "Round", "Mean validation accuracy (%)")
    numbers = [summary.round for summary in rounds]
    for place, ((name, epochs), means) in enumerate(_means(rounds).items()):
        if all(math.isnan(mean) for mean in means):
            continue
        colour, marker = series_style(place)
        axes.plot(
            numbers,
            means,
            color=colour,
            marker=marker if len(rounds) <= MARKED_ROUNDS else "",
            markersize=4.5,
            linewidth=1.8,
            label=f"{shown_name(name)}, {epochs_text(epochs)}",
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    if axes.lines:
        legend(axes)
    else:
        nothing_yet(axes, "no group has a member yet" if rounds else "no round has finished yet")
    return figure


def epochs_text(epochs: int) -> str:
    """Returns a number of epochs in words."""
    return "1 epoch" if epochs == 1 else f"{epochs} epochs"


def _means(rounds: Sequence[RoundSummary]) -> dict[tuple[str, int], list[float]]:
    """Returns each group's means by its name and epochs; NaN for the rounds without it."""
    means: dict[tuple[str, int], list[float]] = {}
    for place, summary in enumerate(rounds):
        for group in summary.groups:
            row = means.setdefault((group.name, group.epochs), [math.nan] * len(rounds))
            if group.mean_accuracy is not None:
                row[place] = group.mean_accuracy
    return means
