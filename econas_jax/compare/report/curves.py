"""The best accuracy so far against the budget, each contender's mean with the 95 % interval as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from econas_jax.compare.analysis import Measure, value_of
from econas_jax.compare.config import CompareConfig
from econas_jax.compare.run_file import Runs
from econas_jax.compare.run_record import RunRecord
from econas_jax.compare.statistics import half_width
from econas_jax.compare.wording import MEASURE_NAMES
from econas_jax.figures.style import SERIES_COLOURS, chart, legend, note, nothing_yet, series_style, shown_name

POINTS = 120  # of a curve
MARKS = 6  # of a curve's points

Numbers = npt.NDArray[np.float64]


def plot_curves(config: CompareConfig, runs: Runs, measure: Measure) -> Figure:
    """Draws mean and band of every contender, from where all its runs have a value; the budget is logarithmic."""
    name = MEASURE_NAMES[measure]
    what = f"{name[0].upper()}{name[1:]} of the best so far"
    figure, axes = chart(what, f"Budget ({config.unit} of all candidates)", f"{name[0].upper()}{name[1:]} (%)")
    grid = _grid(config, runs)
    for place, contender in enumerate(config.contenders):
        own = [record for key, record in sorted(runs.items()) if key[0] == contender and key[1] < config.seeds]
        drawn, mean, half = _curve(config, own, grid, measure)
        if not len(drawn):
            continue
        colour, marker = series_style(place)
        axes.plot(
            drawn,
            mean,
            color=colour,
            marker=marker,
            markersize=5,
            markevery=max(1, len(drawn) // MARKS),
            linewidth=1.6,
            linestyle="-" if place < len(SERIES_COLOURS) else "--",
            label=shown_name(contender),
            zorder=3,
        )
        axes.fill_between(drawn, mean - half, mean + half, color=colour, alpha=0.15, linewidth=0)
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    if axes.lines:
        axes.set_xscale("log")
        legend(axes)
        note(figure, "bands: 95 % intervals of the means over seeds (Student's t)")
    else:
        nothing_yet(axes, "no run has such an accuracy")
    return figure


def _grid(config: CompareConfig, runs: Runs) -> Numbers:
    """Returns budgets from the first value of any run, or a tenth of the least budget, to the largest budget."""
    first = [record.trace[0].cost(config.unit) for record in runs.values() if record.trace]
    least = max(min(first, default=1.0), config.budgets[0] / 10)
    return np.geomspace(min(least, config.budgets[-1]), config.budgets[-1], POINTS)


def _curve(
    config: CompareConfig, runs: Sequence[RunRecord], grid: Numbers, measure: Measure
) -> tuple[Numbers, Numbers, Numbers]:
    """Returns the budgets at which all runs have a value, the mean there and half the width of its interval."""
    rows: Mapping[float, list[float | None]] = {
        budget: [value_of(record, budget, config, measure) for record in runs] for budget in grid.tolist()
    }
    known = {budget: [v for v in row if v is not None] for budget, row in rows.items() if row and None not in row}
    if not known:
        return np.array([]), np.array([]), np.array([])
    values = np.array(list(known.values()))
    halves = np.zeros(len(values))
    if values.shape[1] > 1:
        halves = np.array([half_width(float(row.std(ddof=1)), len(row)) for row in values])
    return np.array(list(known)), values.mean(axis=1), halves
