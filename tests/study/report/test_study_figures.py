"""The study's figures show the table's numbers; what has no data is left out or says so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from study_tables import ORIGINAL, made_up_table

from econas_jax.study import analyse, entropy, rank_pairs, recommend
from econas_jax.study.report.factors import factor_grid, plot_factor_bars, plot_factor_map
from econas_jax.study.report.figures import write_study_figures
from econas_jax.study.report.iterations import plot_samples_and_epochs
from econas_jax.study.report.ranks import plot_rank_scatter
from econas_jax.study.report.retention import plot_retention
from econas_jax.study.report.scatter import plot_acceleration, plot_overfitting

TABLE = made_up_table()
ANALYSIS = analyse(TABLE, ORIGINAL, 100)
RECOMMENDATION = recommend(ANALYSIS)
BARE = analyse(made_up_table(costs=False), ORIGINAL, 100)


def texts(figure: Figure) -> list[str]:
    FigureCanvasAgg(figure).draw()
    return [artist.get_text() for artist in figure.findobj(Text) if isinstance(artist, Text)]


def points(figure: Figure, label: str) -> set[tuple[float, float]]:
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == label]
    return {(x, y) for x, y in np.asarray(line.get_xydata()).tolist()}


def test_rank_scatter_shows_every_network() -> None:
    figure = plot_rank_scatter(TABLE, ANALYSIS, ["c4r4s3e8", "c3r3s2e8"])
    for axes, proxy in zip(figure.axes, ("c4r4s3e8", "c3r3s2e8"), strict=True):
        drawn = np.asarray(axes.lines[1].get_xydata())
        np.testing.assert_array_equal(drawn, rank_pairs(TABLE.accuracies(ORIGINAL), TABLE.accuracies(proxy)))
        assert axes.get_xlabel() == f"Rank by {ORIGINAL}" and axes.get_ylabel() == f"Rank by {proxy}"
    assert f"ρ = {ANALYSIS.result('c4r4s3e8').rho}" in texts(figure)


def test_acceleration_marks_front_and_recommendation() -> None:
    figure = plot_acceleration(ANALYSIS, RECOMMENDATION, "multiply_adds")
    front = ANALYSIS.front("multiply_adds")
    assert len(points(figure, "Pareto front")) == len(front)
    assert {rho for _, rho in points(figure, "Pareto front")} == {ANALYSIS.rho(name) for name in front}
    chosen = RECOMMENDATION.proxy
    assert chosen is not None
    assert points(figure, "recommended") == {(chosen.acceleration["multiply_adds"], ANALYSIS.rho(chosen.name))}
    assert len(points(figure, "proxies")) == len(ANALYSIS.proxies) - len(front)
    assert {result.name for result in ANALYSIS.proxies} <= set(texts(figure))
    assert "the seconds are not known" in texts(plot_acceleration(BARE, RECOMMENDATION, "seconds"))


def test_previous_proxies_are_marked() -> None:
    analysis = analyse(made_up_table(noise={"c1r0s0e25n2": 0.05, "c4r4s2e8": 0.02}), ORIGINAL, 50)
    figure = plot_acceleration(analysis, recommend(analysis), "multiply_adds")
    assert len(points(figure, "previous (AmoebaNet, NASNet)")) == 1


def test_overfitting_shows_the_gaps_by_channels() -> None:
    figure = plot_overfitting(ANALYSIS)
    drawn = points(figure, "c4: 9 channels")
    names = [result.name for result in ANALYSIS.proxies if result.name.startswith("c4")]
    assert drawn == {(ANALYSIS.result(name).gap, ANALYSIS.rho(name)) for name in names}
    assert "the table has no train accuracies" in texts(plot_overfitting(BARE))


def test_factor_grid_has_the_settings_and_their_entropies() -> None:
    grid = factor_grid(ANALYSIS, "c", "r")
    assert grid is not None
    assert (grid.fixed, grid.original, grid.xs, grid.ys) == ("s2e8", (2, 2), [2, 3, 4], [2, 3, 4])
    assert len(grid.cells) == 8 and grid.cells[3, 4] == ANALYSIS.rho("c3r4s2e8")
    row = [ANALYSIS.rho(f"c{c}r4s2e8") for c in (2, 3, 4)]
    assert grid.along_x(4) == entropy(row) and grid.along_x(2) is None  # two values and the original
    shown = texts(plot_factor_map(grid))
    assert {"original", f"{grid.cells[3, 4]:.2f}", f"{entropy(row):+.2f}", "Spearman ρ"} <= set(shown)
    bars = plot_factor_bars(grid).axes[0]
    assert len(bars.collections) == 8
    assert factor_grid(ANALYSIS, "s", "e") is None  # three settings at most


def test_samples_and_epochs_draws_means_of_comparable_settings() -> None:
    figure = plot_samples_and_epochs(ANALYSIS)
    pair = np.mean([ANALYSIS.rho("c2r2s3e8"), ANALYSIS.rho("c4r4s3e8")])
    assert points(figure, "s3: 1/8 of the images") == {(8.0, float(pair))}
    alone = analyse(made_up_table(noise={"c4r4s2e8": 0.05}), ORIGINAL, 50)
    assert "no two proxies differ in samples or epochs alone" in texts(plot_samples_and_epochs(alone))


def test_retention_shows_means_of_groups() -> None:
    figure = plot_retention(ANALYSIS)
    heights = [bar.get_height() for bar in figure.axes[0].patches]  # type: ignore[attr-defined]
    groups = {min(int(ANALYSIS.rho(r.name) * 10 + 1e-9), 9) for r in ANALYSIS.proxies}
    assert len(heights) == 2 * len(groups)
    best = [r.retention[0].share for r in ANALYSIS.proxies if int(ANALYSIS.rho(r.name) * 10 + 1e-9) >= 9]
    assert heights[len(groups) - 1] == pytest.approx(np.mean(best))


def test_all_figures_of_a_study_are_written(tmp_path: Path) -> None:
    written = write_study_figures(tmp_path, TABLE, ANALYSIS, RECOMMENDATION)
    names = {figure.path.stem for figure in written}
    assert {"acceleration_multiply_adds", "acceleration_seconds", "ranks", "factors_cr_map", "retention"} <= names
    assert all(figure.path.stat().st_size > 1000 and figure.path.with_suffix(".svg").exists() for figure in written)
    captions = " ".join(figure.caption for figure in written)
    assert set(re.findall(r"Figure (\d)", captions)) == {"3", "4", "5", "6", "7", "8", "9"}


def test_pyplot_is_not_imported() -> None:
    code = (
        "import sys, econas_jax.study.report.figures; sys.exit(bool({'matplotlib.pyplot', 'jax'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
