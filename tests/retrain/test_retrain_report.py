"""The learning curves show the history, and the page is made of what lies in the folder."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from econas_jax.errors import InputError
from econas_jax.report import __main__
from econas_jax.retrain.history import EpochRecord, lines_of, read_history
from econas_jax.retrain.report.curves import plot_accuracies, plot_learning_rate, plot_losses
from econas_jax.retrain.report.page import write_retrain_report
from econas_jax.retrain.result import NetworkOutcome, result_fields
from econas_jax.retrain.workdir import NetworkFolder

HISTORY = [
    EpochRecord(0, 0.1, 0.0, 2.0, 0.25, None, None, 1.5),
    EpochRecord(1, 0.05, 0.1, 1.0, 0.5, 1.25, 0.4, 2.5),
    EpochRecord(2, 0.01, 0.2, 0.5, 0.75, None, None, 4.0),
]
OTHER = [dataclasses.replace(record, train_accuracy=0.9) for record in HISTORY[:2]]
OUTCOME = NetworkOutcome(
    0, "ECONAS", "Genotype(<cell>)", "completed", 3, 0.95, 0.2, 0.4, 0.75, 2_900_000, 400_000_000, 7200.0
)
DIVERGED = dataclasses.replace(OUTCOME, number=1, status="diverged", test_accuracy=None, reason="a loss & no more")


def drawn(figure: Figure) -> dict[str, list[tuple[float, float]]]:
    return {
        str(line.get_label()): [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]
        for line in figure.axes[0].lines
    }


def test_the_curves_are_the_numbers_of_the_history() -> None:
    accuracies = drawn(plot_accuracies({"network 0": HISTORY, "network 1": OTHER}))
    assert accuracies["network 0, train"] == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert accuracies["network 0, validation"] == [(2, 0.4)]
    assert accuracies["network 1, train"] == [(1, 0.9), (2, 0.9)]
    losses = drawn(plot_losses({"network 0": HISTORY}))
    assert losses["network 0, train"] == [(1, 2.0), (2, 1.0), (3, 0.5)]
    assert losses["network 0, validation"] == [(2, 1.25)]
    (rates,) = drawn(plot_learning_rate({"network 0": OTHER, "network 1": HISTORY})).values()
    assert rates == [(1, 0.1), (2, 0.05), (3, 0.01)]


@pytest.mark.parametrize("plot", [plot_accuracies, plot_losses, plot_learning_rate])
def test_a_chart_without_an_epoch_says_so(plot: object) -> None:
    figure = plot({"network 0": []})  # type: ignore[operator]
    assert [text.get_text() for text in figure.axes[0].texts] == ["no epoch is committed yet"]


def test_a_history_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(lines_of(HISTORY))
    assert read_history(file) == HISTORY
    with pytest.raises(ValueError, match="JSON compliant"):  # no reader of JSON would know it
        lines_of([dataclasses.replace(HISTORY[0], train_loss=math.nan)])


def folder_of(folder: Path) -> Path:
    """What a retraining of three networks leaves that was stopped in the third one."""
    for number, history in enumerate((HISTORY, OTHER)):
        (folder / f"network_{number}").mkdir()
        (folder / f"network_{number}" / "history.jsonl").write_text(lines_of(history))
    (folder / "result.json").write_text(json.dumps(result_fields([OUTCOME, DIVERGED], 3)))
    (folder / "config.json").write_text(json.dumps({"config": {"data": {"name": "cifar10"}}}))
    return folder


def test_the_page_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([str(folder_of(tmp_path))]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'report.html'}\n"
    page = (tmp_path / "report.html").read_text()
    for text in ("Retraining on cifar10", "2 of 3 networks are trained", "The lowest test error is 5.00 %", "2.90"):
        assert text in page
    assert "Network 1 diverged: a loss &amp; no more." in page and "Genotype(&lt;cell&gt;)" in page
    assert page.count("data:image/png") == 3


@pytest.mark.parametrize("content", ["", "[]", '{"networks": [{}], "asked": 1}', '{"networks": 3, "asked": 1}'])
def test_a_folder_of_something_else_is_refused(content: str, tmp_path: Path) -> None:
    folder_of(tmp_path)
    (tmp_path / "result.json").write_text(content)
    with pytest.raises(InputError, match="a folder with the result of a retraining"):
        write_retrain_report(tmp_path)


@pytest.mark.parametrize("content", ["[1]", '{"a": 1}', "["])
def test_a_damaged_history_is_named(content: str, tmp_path: Path) -> None:
    file = folder_of(tmp_path) / "network_0" / "history.jsonl"
    file.write_text(content)
    with pytest.raises(InputError, match=re.escape(f"workdir = '{file}': expected the lines")):
        write_retrain_report(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xfe", b"\xff"])
def test_a_damaged_outcome_is_named(content: bytes, tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path, tmp_path / "tensorboard")
    (tmp_path / "outcome.json").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "outcome.json"))):
        folder.outcome()
