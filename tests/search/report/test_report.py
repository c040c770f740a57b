"""The charts show the numbers they are given, and figure files are reproducible."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image
from sample_diagrams import darts_diagrams

from econas_jax.figures.figure_files import save_figure
from econas_jax.pareto import pareto_front
from econas_jax.search.history import GroupSummary, RoundSummary, StageRecord
from econas_jax.search.report.cost_accuracy import plot_accuracy_against_cost
from econas_jax.search.report.figures import write_search_figures
from econas_jax.search.report.groups import plot_groups
from econas_jax.spaces.darts.published import DARTS_V1, ECONAS


def summary(number: int, *means: float | None) -> RoundSummary:
    """A round with three groups; a group without a mean is empty."""
    names = ("P_E", "P_2E", "P_3E")
    groups = [
        GroupSummary(name, 20 * place, 0 if mean is None else 5, mean)
        for place, (name, mean) in enumerate(zip(names, means, strict=True), start=1)
    ]
    return RoundSummary(number, tuple(groups), 0.9, skipped_repeats=0, seconds=1.0)


def stage(candidate: int, epochs: int, millions: float, accuracy: float | None, genotype: str = "") -> StageRecord:
    return StageRecord(
        candidate=candidate,
        parent=None,
        round=0,
        phase="children",
        genotype=genotype,
        start_epoch=epochs - 20,
        epochs=epochs,
        train_accuracy=0.5,
        train_loss=1.0,
        validation_accuracy=accuracy,
        validation_loss=1.0,
        parameters=12_345,
        multiply_adds=round(millions * 1e6),
        seconds=1.0,
        status="diverged" if accuracy is None else "completed",
    )


ROUNDS = [summary(0, 0.5, None, None), summary(1, 0.55, 0.6, None), summary(2, 0.56, 0.65, 0.7)]
STAGES = [
    stage(0, 20, 3.0, 0.60),
    stage(1, 20, 1.0, 0.55),
    stage(2, 20, 4.0, 0.50),
    stage(3, 20, 2.0, None),
    stage(0, 40, 3.0, 0.70),
    stage(2, 40, 4.0, 0.66),
    stage(4, 20, 2.5, 0.55),
    stage(5, 20, 2.0, 0.65),
    stage(0, 60, 3.0, 0.75),
    stage(6, 60, 5.0, 0.80),
    stage(7, 60, 3.5, 0.71),
    stage(5, 40, 2.0, None),  # diverged in its second stage
]


def lines(figure: Figure) -> dict[str, Line2D]:
    """The chart's lines by what the legend calls them."""
    legend = figure.axes[0].get_legend()
    assert legend is not None
    drawn = {str(line.get_label()): line for line in figure.axes[0].lines}
    assert [text.get_text() for text in legend.get_texts()] == list(drawn)
    return drawn


def points(line: Line2D) -> list[tuple[float, float]]:
    return [(x, y) for x, y in np.asarray(line.get_xydata()).tolist()]


def texts(figure: Figure) -> list[str]:
    """Every text that is drawn, ticks included."""
    FigureCanvasAgg(figure).draw()
    return [artist.get_text() for artist in figure.findobj(Text) if isinstance(artist, Text)]


def test_groups_over_rounds() -> None:
    figure = plot_groups(ROUNDS)
    first, second, third = (np.array(points(line)) for line in lines(figure).values())
    np.testing.assert_array_equal(first, [[0, 0.5], [1, 0.55], [2, 0.56]])
    np.testing.assert_array_equal(second, [[0, math.nan], [1, 0.6], [2, 0.65]])
    np.testing.assert_array_equal(third, [[0, math.nan], [1, math.nan], [2, 0.7]])
    assert list(lines(figure)) == ["$P_{E}$, 20 epochs", "$P_{2E}$, 40 epochs", "$P_{3E}$, 60 epochs"]
    assert {"Round", "Mean validation accuracy (%)", "65.0"} <= set(texts(figure))
    assert len({line.get_color() for line in figure.axes[0].lines}) == 3


def test_a_group_without_members_is_left_out_and_the_others_keep_their_colours() -> None:
    first, *_, third = plot_groups(ROUNDS).axes[0].lines
    drawn = plot_groups([summary(0, 0.5, None, 0.7)]).axes[0].lines
    assert [str(line.get_label()) for line in drawn] == ["$P_{E}$, 20 epochs", "$P_{3E}$, 60 epochs"]
    assert [line.get_color() for line in drawn] == [first.get_color(), third.get_color()]
    assert [line.get_marker() for line in drawn] == [first.get_marker(), third.get_marker()]


def test_groups_of_any_algorithm() -> None:
    """One group, and one that appears and goes."""
    rounds = [
        RoundSummary(1, (GroupSummary("population", 1, 4, 0.5),), 0.5, 0, 1.0),
        RoundSummary(2, (GroupSummary("population", 1, 4, 0.6), GroupSummary("the best half", 3, 2, 0.7)), 0.7, 0, 2.0),
        RoundSummary(3, (), 0.7, 0, 3.0),
    ]
    drawn = {label: points(line) for label, line in lines(plot_groups(rounds)).items()}
    assert list(drawn) == ["population, 1 epoch", "the best half, 3 epochs"]
    np.testing.assert_array_equal(drawn["population, 1 epoch"], [[1, 0.5], [2, 0.6], [3, math.nan]])
    np.testing.assert_array_equal(drawn["the best half, 3 epochs"], [[1, math.nan], [2, 0.7], [3, math.nan]])


def test_a_single_round_is_visible_and_has_a_whole_tick() -> None:
    assert all(line.get_marker() for line in plot_groups(ROUNDS[:1]).axes[0].lines)
    assert not any(line.get_marker() for line in plot_groups(ROUNDS * 30).axes[0].lines)
    for rounds in (ROUNDS[1:2], ROUNDS[:2]):
        axes = plot_groups(rounds).axes[0]
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks == [summary.round for summary in rounds]


@pytest.mark.parametrize("records", [STAGES, STAGES[::-1]])
def test_accuracy_against_cost_of_last_stages(records: list[StageRecord]) -> None:
    figure = plot_accuracy_against_cost(records)
    assert {label: sorted(points(line)) for label, line in lines(figure).items()} == {
        "20 epochs": [(1.0, 0.55), (2.5, 0.55)],
        "40 epochs": [(4.0, 0.66)],
        "60 epochs": [(3.0, 0.75), (3.5, 0.71), (5.0, 0.80)],
        # (1.0, 0.55) is cheaper than all, but trained for fewer epochs.
        "Pareto front, 60 epochs": [(3.0, 0.75), (5.0, 0.80)],
    }
    shown = texts(figure)
    assert {"Multiply-adds (millions)", "Validation accuracy (%)"} <= set(shown)
    assert "2 of 8 candidates failed and are not drawn" in shown
    assert not any("failed" in text for text in texts(plot_accuracy_against_cost(STAGES[:3])))


def test_many_candidates_have_smaller_markers() -> None:
    few, many = ([stage(candidate, 20, 1.0, 0.5) for candidate in range(count)] for count in (200, 201))
    sizes = [lines(plot_accuracy_against_cost(of))["20 epochs"].get_markersize() for of in (few, many)]
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize("seed", range(5))
def test_pareto_front_against_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cloud = [(float(cost), float(accuracy)) for cost, accuracy in rng.integers(8, size=(25, 2))]  # with ties

    def beaten(point: tuple[float, float]) -> bool:
        return any(cost <= point[0] and accuracy >= point[1] and (cost, accuracy) != point for cost, accuracy in cloud)

    assert pareto_front(cloud) == sorted({point for point in cloud if not beaten(point)})


def test_empty_charts_say_so() -> None:
    assert "no round has finished yet" in texts(plot_groups([]))
    assert "no group has a member yet" in texts(plot_groups([summary(0, None, None, None)]))
    assert "no candidate has been trained yet" in texts(plot_accuracy_against_cost([]))
    assert "no candidate has an accuracy" in texts(plot_accuracy_against_cost([STAGES[3]]))
    assert "1 of 1 candidates failed and are not drawn" in texts(plot_accuracy_against_cost([STAGES[3]]))


@pytest.mark.parametrize("figure", [plot_groups(ROUNDS), plot_accuracy_against_cost(STAGES)])
def test_texts_of_a_chart_do_not_overlap(figure: Figure) -> None:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes: Axes = figure.axes[0]
    legend = axes.get_legend()
    assert legend is not None
    title = axes.findobj(lambda artist: isinstance(artist, Text) and artist.get_text() == axes.get_title(loc="left"))
    items = [axes.xaxis.label, axes.yaxis.label, *title, legend, *axes.texts, *figure.texts]
    boxes = [item.get_window_extent(canvas.get_renderer()) for item in items]
    assert not [(one, other) for one in range(len(boxes)) for other in range(one) if boxes[one].overlaps(boxes[other])]
    assert all(figure.bbox.containsx(x) for box in boxes for x in (box.x0, box.x1))
    assert all(figure.bbox.containsy(y) for box in boxes for y in (box.y0, box.y1))


def test_figure_files_are_reproducible(tmp_path: Path) -> None:
    first = save_figure(plot_groups(ROUNDS), tmp_path / "new" / "folder", "chart")
    second = save_figure(plot_groups(ROUNDS), tmp_path / "other", "chart")
    assert [path.name for path in first] == ["chart.png", "chart.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    with Image.open(first[0]) as image:
        assert image.size == (1050, 675)  # 7 by 4.5 inches
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    assert "<dc:date>" not in first[1].read_text()


def test_figures_of_a_search(tmp_path: Path) -> None:
    # Two candidates have the first genotype: the title has the numbers of the better one.
    stages = [*STAGES, stage(8, 60, 3.5, 0.8125, str(ECONAS)), stage(9, 60, 3.5, 0.75, str(ECONAS))]
    best = [(str(genotype), darts_diagrams(genotype)) for genotype in (ECONAS, DARTS_V1)]
    paths = write_search_figures(tmp_path / "figures", stages, ROUNDS, best)
    names = ["groups", "accuracy_against_cost", "best_cell_1", "best_cell_2"]
    assert paths == [tmp_path / "figures" / f"{name}.{kind}" for name in names for kind in ("png", "svg")]
    assert all(path.stat().st_size > 1_000 for path in paths)
    # An SVG holds the lines of its texts as comments too.
    first, second = (" ".join(re.findall("<!-- (.*) -->", path.read_text())) for path in (paths[5], paths[7]))
    numbers = "81.25 % validation accuracy, 12.3 k parameters, 3.50 M multiply-adds"
    assert f" Best genotype 1 of 2: {numbers} Normal cell" in first
    assert " Best genotype 2 of 2 Normal cell" in second


def test_pyplot_is_not_imported() -> None:
    modules = "econas_jax.search.report.figures, econas_jax.search.report.page"
    code = f"import sys, {modules}; sys.exit(bool({{'matplotlib.pyplot', 'jax'}} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
