"""What all figures share: names as formulas, series that can be told apart, legends that hide nothing."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from econas_jax.figures.style import chart, legend, series_style, shown_name, text_width


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("c_{k-2}", "$c_{k-2}$"),
        ("c_k", "$c_{k}$"),
        ("P_2E", "$P_{2E}$"),
        ("population", "population"),
        ("sep_conv", "sep_conv"),
        ("c_", "c_"),
        ("a$b$", r"a\$b\$"),
    ],
)
def test_names_with_a_subscript_are_formulas(name: str, shown: str) -> None:
    assert shown_name(name) == shown
    assert text_width(shown, 10) > 0  # matplotlib can read it


def test_series_can_be_told_apart() -> None:
    styles = [series_style(place) for place in range(25)]
    assert len(set(styles)) == 25
    assert len({colour for colour, _ in styles[:5]}) == len({marker for _, marker in styles[:5]}) == 5


@pytest.mark.parametrize("labels", [["one"], ["a population, 60 epochs"] * 3, ["of some length, 9 epochs"] * 11])
def test_a_legend_lies_between_the_title_and_the_chart(labels: list[str]) -> None:
    figure, axes = chart("Title", "x", "y")
    for label in labels:
        axes.plot([0, 1], [0, 1], label=label)
    legend(axes)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = axes.get_legend()
    assert drawn is not None
    box = drawn.get_window_extent(canvas.get_renderer())
    (title,) = axes.findobj(lambda artist: isinstance(artist, Text) and artist.get_text() == "Title")
    assert axes.get_window_extent().y1 <= box.y0 and box.y1 < title.get_window_extent(canvas.get_renderer()).y0
    assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
    assert [text.get_text() for text in drawn.get_texts()] == labels
