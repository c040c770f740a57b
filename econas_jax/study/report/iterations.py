"""How rho depends on the share of samples s and on the epochs e, as the paper's Figure 4."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from econas_jax.figures.style import SERIES_COLOURS, SERIES_MARKERS, chart, legend, note, nothing_yet
from econas_jax.spaces.proxy import SAMPLE_RATIOS
from econas_jax.study.analysis import Analysis
from econas_jax.study.setting import parse_or_none

# Subscripts of c and r, and N: what the compared settings share.
Group = tuple[int, int, int | None]


def plot_samples_and_epochs(analysis: Analysis) -> Figure:
    """Draws rho by epochs: thin lines for settings that differ only in s or e, thick ones for their means."""
    figure, axes = chart("Rank consistency by samples and epochs", "Epochs (e)", "Spearman ρ")
    curves = _curves(analysis)
    for place, subscript in enumerate(sorted({s for s, _ in curves})):
        colour, marker = SERIES_COLOURS[place], SERIES_MARKERS[place]
        means = defaultdict(list)
        for (s, _), points in curves.items():
            if s == subscript:
                epochs = sorted(points)
                axes.plot(epochs, [points[e] for e in epochs], color=colour, alpha=0.35, linewidth=0.9, marker=".")
                for e in epochs:
                    means[e].append(points[e])
        axes.plot(
            sorted(means),
            [float(np.mean(means[e])) for e in sorted(means)],
            color=colour,
            marker=marker,
            markersize=7,
            linewidth=2.2,
            label=f"s{subscript}: {_share(subscript)} of the images",
        )
    axes.set_xticks(sorted({e for points in curves.values() for e in points}))
    if curves:
        legend(axes)
        note(figure, "thin: settings with the same channels, resolution and N; thick: their mean")
    else:
        nothing_yet(axes, "no two proxies differ in samples or epochs alone")
    return figure


def _curves(analysis: Analysis) -> dict[tuple[int, Group], dict[int, float]]:
    """Returns rho by epochs, for each subscript of s and each group that has at least two settings."""
    groups: dict[Group, dict[tuple[int, int], float]] = defaultdict(dict)
    for result in analysis.ranked:
        setting = parse_or_none(result.name)
        if setting is not None:
            c, r, s = setting.subscripts
            groups[c, r, setting.cells_per_stage][s, setting.proxy.epochs] = analysis.rho(result.name)
    curves: dict[tuple[int, Group], dict[int, float]] = defaultdict(dict)
    for group, points in groups.items():
        if len(points) >= 2:
            for (s, epochs), rho in points.items():
                curves[s, group][epochs] = rho
    return curves


def _share(subscript: int) -> str:
    ratio = Fraction(SAMPLE_RATIOS[subscript])
    return "all" if ratio == 1 else str(ratio)
