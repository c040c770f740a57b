"""Accuracy against cost of all candidates of a search, with the best trade-offs."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from econas_jax.figures.style import (
    ACCENT,
    RUNG_COLOURS,
    RUNG_EPOCHS,
    RUNG_MARKERS,
    RUNG_NAMES,
    chart,
    legend,
    note,
    nothing_yet,
)
from econas_jax.pareto import CostAndValue, pareto_front
from econas_jax.search.history import StageRecord, last_stages

MILLION = 1e6
MANY = 200  # candidates, of which smaller markers hide each other less


def plot_accuracy_against_cost(records: Sequence[StageRecord]) -> Figure:
    """Each candidate's last stage: multiply-adds of the network that was trained against validation accuracy.

    Candidates whose last stage failed are counted in a note and not drawn. The front is that of all points, whatever
    their rung.
    """
    figure, axes = chart(
        "Accuracy against cost of all candidates", "Multiply-adds (millions)", "Validation accuracy (%)"
    )
    last = list(last_stages(records).values())
    points = _points_by_rung(last)
    drawn = [point for rung in points for point in rung]
    for rung, of_rung in enumerate(points):
        axes.plot(
            *_columns(of_rung),
            linestyle="",
            marker=RUNG_MARKERS[rung],
            markersize=5.5 if len(drawn) <= MANY else 4,
            color=RUNG_COLOURS[rung],
            markeredgecolor="white",
            markeredgewidth=0.4,
            label=f"{RUNG_NAMES[rung]}, {RUNG_EPOCHS[rung]} epochs",
            zorder=3 + rung,
        )
    # A step, for between two networks only what the cheaper one reaches is known.
    axes.plot(
        *_columns(pareto_front(drawn)),
        color=ACCENT,
        linewidth=1.4,
        drawstyle="steps-post",
        label="Pareto front",
        zorder=2,
    )
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    legend(axes)
    if not drawn:
        nothing_yet(axes, "no candidate has been trained yet")
    if len(drawn) < len(last):
        note(figure, f"{len(last) - len(drawn)} of {len(last)} candidates failed and are not drawn")
    return figure


def _points_by_rung(records: Sequence[StageRecord]) -> list[list[CostAndValue]]:
    # (millions of multiply-adds, fraction of 1)
    points: list[list[CostAndValue]] = [[] for _ in RUNG_NAMES]
    for record in records:
        if record.status == "completed" and record.validation_accuracy is not None:
            points[record.rung - 1].append((record.multiply_adds / MILLION, record.validation_accuracy))
    return points


def _columns(points: Sequence[CostAndValue]) -> tuple[list[float], list[float]]:
    return [cost for cost, _ in points], [accuracy for _, accuracy in points]
