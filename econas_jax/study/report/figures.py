"""All figures of one study, as files."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from econas_jax.figures.figure_files import WrittenFigure, save_figure
from econas_jax.study.analysis import Analysis, Cost
from econas_jax.study.recommendation import Recommendation
from econas_jax.study.report.factors import factor_grid, plot_factor_bars, plot_factor_map
from econas_jax.study.report.iterations import plot_samples_and_epochs
from econas_jax.study.report.ranks import plot_rank_scatter
from econas_jax.study.report.retention import plot_retention
from econas_jax.study.report.scatter import plot_acceleration, plot_overfitting
from econas_jax.study.table import StudyTable

GRIDS = (("c", "r"), ("c", "e"), ("r", "e"))


def write_study_figures(
    directory: Path, table: StudyTable, analysis: Analysis, recommendation: Recommendation
) -> list[WrittenFigure]:
    """Writes the figures that the table has data for as PNG and SVG, and returns the PNGs."""
    written = []
    for name, (figure, caption) in _figures(table, analysis, recommendation).items():
        png, _ = save_figure(figure, directory, name)
        written.append(WrittenFigure(png, caption))
    return written


def _figures(table: StudyTable, analysis: Analysis, recommendation: Recommendation) -> dict[str, tuple[Figure, str]]:
    figures = {}
    for cost in _known_costs(analysis):
        figure = plot_acceleration(analysis, recommendation, cost)
        figures[f"acceleration_{cost}"] = (figure, "Cost against rank consistency (the paper's Figure 8)")
    by_rho = sorted((result.name for result in analysis.ranked), key=analysis.rho)
    extremes = list(dict.fromkeys((by_rho[0], by_rho[-1])))
    figures["ranks"] = (
        plot_rank_scatter(table, analysis, extremes),
        "Ranks by the proxies of the lowest and the highest ρ (Figure 3)",
    )
    figures["samples_and_epochs"] = (plot_samples_and_epochs(analysis), "Samples and epochs (Figure 4)")
    for x, y in GRIDS:
        grid = factor_grid(analysis, x, y)
        if grid is not None:
            number = 5 if (x, y) == ("c", "r") else 6
            figures[f"factors_{x}{y}_map"] = (plot_factor_map(grid), f"Two factors, the others fixed (Figure {number})")
            figures[f"factors_{x}{y}_bars"] = (plot_factor_bars(grid), f"The same as bars (Figure {number})")
    if any(result.gap is not None for result in analysis.ranked):
        figures["overfitting"] = (plot_overfitting(analysis), "Overfitting (Figure 7)")
    figures["retention"] = (plot_retention(analysis), "The best networks kept (Figure 9)")
    return figures


def _known_costs(analysis: Analysis) -> list[Cost]:
    measures: tuple[Cost, ...] = ("multiply_adds", "seconds")
    known = [cost for cost in measures if any(result.acceleration[cost] is not None for result in analysis.ranked)]
    if known:
        return list(known)
    return ["nominal"] if any(result.acceleration["nominal"] is not None for result in analysis.ranked) else []
