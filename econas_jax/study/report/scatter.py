"""Plots of every proxy's rho against its overfitting (the paper's Figure 7) and its acceleration (Figure 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter
from matplotlib.transforms import Bbox

from econas_jax.figures.style import (
    INK,
    NOTE_SIZE,
    SERIES_COLOURS,
    SERIES_MARKERS,
    chart,
    legend,
    note,
    nothing_yet,
)
from econas_jax.study.analysis import Analysis, Cost, ProxyResult
from econas_jax.study.recommendation import Recommendation
from econas_jax.study.recommendation_text import COST_NAMES
from econas_jax.study.setting import PREVIOUS, parse_or_none

NAMED = 16  # proxies at most whose names all stand in the chart; with more only those of the marked ones do
SPREAD = "#BBBBBB"
POINTS_PER_INCH = 72
LETTER = 0.62  # mean width of a letter as a share of the font's size
STEPS = 6  # places that a name may take, each below the one before
BLUE, ORANGE, GREEN, PINK = SERIES_COLOURS[:4]


def plot_overfitting(analysis: Analysis) -> Figure:
    """Draws rho against the mean of train less validation accuracy, coloured by the channels."""
    figure, axes = chart(
        "Overfitting and rank consistency", "Train less validation accuracy, mean (percentage points)", "Spearman ρ"
    )
    drawn = [result for result in analysis.ranked if result.gap is not None]
    groups: dict[str, list[ProxyResult]] = {}
    for result in sorted(drawn, key=lambda result: result.name):
        setting = parse_or_none(result.name)
        label = "proxies" if setting is None else f"c{setting.subscripts[0]}: {setting.proxy.channels} channels"
        groups.setdefault(label, []).append(result)
    for place, (label, results) in enumerate(groups.items()):
        points = [(result.gap or 0.0, analysis.rho(result.name)) for result in results]
        _scatter(axes, points, SERIES_COLOURS[place % 5], SERIES_MARKERS[place % 5], label)
    if len(drawn) <= NAMED:
        _name(axes, [(result.gap or 0.0, analysis.rho(result.name), result.name) for result in drawn])
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    if groups:
        legend(axes)
    else:
        nothing_yet(axes, "the table has no train accuracies")
    return figure


def plot_acceleration(analysis: Analysis, recommendation: Recommendation, cost: Cost) -> Figure:
    """Draws rho, with intervals, against how many times cheaper a proxy is than the original.

    The Pareto front and the recommendation are marked.
    """
    title = f"Acceleration in {COST_NAMES[cost]} and rank consistency"
    figure, axes = chart(title, f"Acceleration against {analysis.original} (times)", "Spearman ρ")
    drawn = [result for result in analysis.ranked if result.acceleration[cost] is not None]
    front = set(analysis.front(cost))
    groups = {
        "proxies": [result for result in drawn if result.name not in front],
        "Pareto front": [result for result in drawn if result.name in front],
        "recommended": [result for result in drawn if result == recommendation.proxy],
        "previous (AmoebaNet, NASNet)": [result for result in drawn if result.name in PREVIOUS],
    }
    for (label, results), colour, marker, size in zip(
        groups.items(), (BLUE, ORANGE, GREEN, PINK), ("o", "s", "*", "D"), (6, 7, 15, 7), strict=True
    ):
        points = [_place(analysis, result, cost) for result in results]
        if points:
            _scatter(axes, points, colour, marker, label, size)
    for result in drawn:
        if result.rho is not None and result.rho.interval is not None:
            x, interval = _place(analysis, result, cost)[0], result.rho.interval
            axes.plot([x, x], [interval.low, interval.high], color=SPREAD, linewidth=1.4, zorder=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if not drawn:
        nothing_yet(axes, f"the {COST_NAMES[cost]} are not known")
        return figure
    _ticks(axes, [_place(analysis, result, cost)[0] for result in drawn])
    legend(axes)
    note(figure, "bars: 95 % bootstrap intervals over networks")
    marked = [*groups["Pareto front"], *groups["previous (AmoebaNet, NASNet)"], *groups["recommended"]]
    named = {result.name: result for result in (drawn if len(drawn) <= NAMED else marked)}
    _name(axes, [(*_place(analysis, result, cost), name) for name, result in named.items()])
    return figure


def _ticks(axes: Axes, values: Sequence[float]) -> None:
    """Sets ticks at powers of two or, over a wide range, of ten, around the values."""
    base = 2 if max(values) / min(values) < 300 else 10
    ticks = [float(base) ** power for power in range(-10, 20)]
    inside = [tick for tick in ticks if min(values) / base <= tick <= max(values) * base]
    axes.set_xticks(inside)
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(min(values) / 1.5, max(values) * 2.2)  # room for the names


def _place(analysis: Analysis, result: ProxyResult, cost: Cost) -> tuple[float, float]:
    return result.acceleration[cost] or 0.0, analysis.rho(result.name)


def _scatter(
    axes: Axes, points: Iterable[tuple[float, float]], colour: str, marker: str, label: str, size: float = 7
) -> None:
    xs, ys = zip(*points, strict=True)
    axes.plot(
        xs,
        ys,
        linestyle="",
        color=colour,
        marker=marker,
        markersize=size,
        markeredgecolor="white",
        markeredgewidth=0.5,
        label=label,
        zorder=3,
    )


def _name(axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Writes names beside their points, each where it covers none of those placed before it."""
    size = NOTE_SIZE - 2
    axes.get_xlim(), axes.get_ylim()  # the axes settle on their limits, which the places depend on
    placed: list[Bbox] = []
    for x, y, name in sorted(points, key=lambda point: (-point[1], point[0])):
        left, bottom = axes.transData.transform((x, y)) * POINTS_PER_INCH / axes.figure.dpi
        for step in range(STEPS):
            right, up = 6.0, 3.0 - step * (size + 1)
            box = Bbox.from_bounds(left + right, bottom + up, LETTER * size * len(name), size)
            if not any(box.overlaps(other) for other in placed):
                break
        placed.append(box)
        axes.annotate(name, (x, y), (right, up), textcoords="offset points", fontsize=size, color=INK, zorder=4)
