"""Accuracy against cost of all candidates of a search, with the best trade-offs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from econas_jax.figures.style import ACCENT, chart, legend, note, nothing_yet, series_style
from econas_jax.pareto import CostAndValue, pareto_front
from econas_jax.search.history import StageRecord, last_stages
from econas_jax.search.report.groups import epochs_text

MILLION = 1e6
MANY = 200  # candidates; with more than these, smaller markers hide each other less


def plot_accuracy_against_cost(records: Sequence[StageRecord]) -> Figure:
    """Draws each candidate's last stage: multiply-adds of the network that was trained against validation accuracy.

    Candidates whose last stage failed are counted in a note and not drawn. Accuracies after different numbers of
    epochs do not compare, so the Pareto front is that of the candidates trained for the most epochs.
    """
    figure, axes = chart(
        "Accuracy against cost of all candidates", "Multiply-adds (millions)", "Validation accuracy (%)"
    )
    last = list(last_stages(records).values())
    points = _points_by_epochs(last)
    drawn = sum(map(len, points.values()))
    for place, (epochs, of_epochs) in enumerate(points.items()):
        colour, marker = series_style(place)
        axes.plot(
            *_columns(of_epochs),
            linestyle="",
            marker=marker,
            markersize=5.5 if drawn <= MANY else 4,
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.4,
            label=epochs_text(epochs),
            zorder=3 + place,
        )
    if points:
        most = max(points)
        axes.plot(
            *_columns(pareto_front(points[most])),
            color=ACCENT,
            linewidth=1.4,
            drawstyle="steps-post",  # between two networks only what the cheaper one reaches is known
            label=f"Pareto front, {epochs_text(most)}",
            zorder=2,
        )
        legend(axes)
    else:
        nothing_yet(axes, "no candidate has an accuracy" if last else "no candidate has been trained yet")
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    if drawn < len(last):
        note(figure, f"{len(last) - drawn} of {len(last)} candidates failed and are not drawn")
    return figure


def _points_by_epochs(records: Sequence[StageRecord]) -> dict[int, list[CostAndValue]]:
    """Returns (millions of multiply-adds, fraction of 1) of completed stages by their epochs, the fewest first."""
    points: dict[int, list[CostAndValue]] = defaultdict(list)
    for record in records:
        if record.status == "completed" and record.validation_accuracy is not None:
            points[record.epochs].append((record.multiply_adds / MILLION, record.validation_accuracy))
    return dict(sorted(points.items()))


def _columns(points: Sequence[CostAndValue]) -> tuple[list[float], list[float]]:
    return [cost for cost, _ in points], [accuracy for _, accuracy in points]
