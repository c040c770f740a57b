"""The picture of a confusion matrix: numbers where there is room, names where they can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from econas_jax.evaluate.measures import Evaluation
from econas_jax.evaluate.picture import plot_confusion
from econas_jax.figures.figure_files import save_figure


def evaluation(count: int) -> Evaluation:
    confusion = 90 * np.eye(count, dtype=np.int64) + np.eye(count, k=1, dtype=np.int64)
    return Evaluation(tuple(f"class {number}" for number in range(count)), confusion, None)


@pytest.mark.parametrize(("count", "numbers", "names"), [(2, 3, True), (20, 39, True), (50, 0, True), (51, 0, False)])
def test_what_fits_is_written(count: int, numbers: int, names: bool) -> None:
    axes = plot_confusion(evaluation(count), "title").axes[0]
    assert len(axes.texts) == numbers  # zeros are left blank
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert (labels == list(evaluation(count).classes)) == names
    assert axes.get_title(loc="left") == "title"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted class", "True class")


def test_colours_are_shares_of_the_true_class() -> None:
    confusion = np.array([[3, 1, 0], [0, 0, 0], [10, 0, 30]])
    image = plot_confusion(Evaluation(("a", "b", "c"), confusion, None), "").axes[0].images[0]
    expected = np.array([[0.75, 0.25, 0], [0, 0, 0], [0.25, 0, 0.75]])
    np.testing.assert_allclose(np.asarray(image.get_array()), expected)


def test_names_are_no_markup_and_stay_short(tmp_path: Path) -> None:
    names = ("$x", "a name that goes on and on")
    figure = plot_confusion(Evaluation(names, np.eye(2, dtype=np.int64), None), "")
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == [r"\$x", "a name that goes …"]
    assert all(path.stat().st_size > 1000 for path in save_figure(figure, tmp_path, "confusion"))


def test_a_name_without_letters_in_the_font_is_a_number(tmp_path: Path) -> None:
    figure = plot_confusion(Evaluation(("çat ä", "\u72d7"), np.eye(2, dtype=np.int64), None), "")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["çat ä", "1"]
    save_figure(figure, tmp_path, "confusion")  # a warning of a missing letter would be an error here
