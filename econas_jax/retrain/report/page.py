"""The report of a retraining: the table, learning curves, genotypes, how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError
from econas_jax.figures.figure_files import WrittenFigure, save_figure
from econas_jax.figures.page import Page, PageTable, Section, write_page
from econas_jax.retrain.history import HISTORY_FILE, EpochRecord, read_history
from econas_jax.retrain.report.curves import plot_accuracies, plot_learning_rate, plot_losses
from econas_jax.retrain.result import COLUMNS, NetworkOutcome, table_rows

CURVES = {
    "accuracy": (plot_accuracies, "Accuracy on the training images as they were trained on, and on validation images"),
    "loss": (plot_losses, "Cross-entropy, without label smoothing and the auxiliary head's part"),
    "learning_rate": (plot_learning_rate, "The learning rate of each epoch"),
}


def write_retrain_report(workdir: Path) -> Path:
    """Writes the figures and `report.html` from what a retraining has left in its folder, and returns the page's path.

    Raises InputError if the folder does not hold a retraining that was ended or stopped.
    """
    try:
        result = json.loads((workdir / "result.json").read_text(encoding="utf-8"))
        facts = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
        networks = [_outcome(fields) for fields in result["networks"]]
        files = _history_files(workdir, result["asked"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError("workdir", str(workdir), "a folder with the result of a retraining") from None
    histories = {f"network {number}": _history(file) for number, file in files.items()}
    figures = []
    for name, (plot, caption) in CURVES.items():
        png, _ = save_figure(plot(histories), workdir / "figures", name)
        figures.append(WrittenFigure(png, caption))
    write_page(workdir / "report.html", retrain_page(networks, result["asked"], figures, facts))
    return workdir / "report.html"


def retrain_page(
    networks: Sequence[NetworkOutcome], asked: int, figures: Sequence[WrittenFigure], facts: Mapping[str, Any]
) -> Page:
    """Returns the page; asked: how many networks are to be trained; facts: of config.json."""
    texts = [f"{network.number}  {network.name}: {network.genotype}" for network in networks]
    lost = [network for network in networks if network.reason]
    reasons = [f"Network {network.number} {network.status}: {network.reason}." for network in lost]
    sections = [
        Section("Networks", reasons, [PageTable(COLUMNS, table_rows(networks))] if networks else []),
        Section("Learning curves", figures=figures),
        *([Section("Genotypes", texts=texts)] if texts else []),
        Section("How it was run", texts=[json.dumps(facts, indent=2, ensure_ascii=False)]),
    ]
    return Page(f"Retraining on {facts['config']['data']['name']}", _summary(networks, asked), sections)


def _summary(networks: Sequence[NetworkOutcome], asked: int) -> list[str]:
    lines = [f"{len(networks)} of {asked} networks are trained."]
    errors = [(network.test_error, network) for network in networks if network.test_error is not None]
    if errors:
        error, network = min(errors, key=lambda pair: pair[0])
        lines.append(
            f"The lowest test error is {error:.2f} %, of network {network.number} with {network.parameters:,} "
            "parameters: after its last epoch, when the test images were read for the first time."
        )
    return lines


def _outcome(fields: Mapping[str, Any]) -> NetworkOutcome:
    return NetworkOutcome(**{name: value for name, value in fields.items() if name != "test_error"})


def _history_files(workdir: Path, asked: int) -> dict[int, Path]:
    """Returns the histories that there are, by the networks' numbers."""
    files = {number: workdir / f"network_{number}" / HISTORY_FILE for number in range(asked)}
    return {number: file for number, file in files.items() if file.exists()}


def _history(file: Path) -> list[EpochRecord]:
    try:
        return read_history(file)
    except (OSError, ValueError, TypeError, RecursionError):
        raise InputError("workdir", str(file), "the lines that this version wrote, or no such file") from None
