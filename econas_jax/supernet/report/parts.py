"""What the reports of searches for cells and for chains share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from econas_jax.figures.epoch_curves import plot_epochs
from econas_jax.supernet.history import EpochRecord

Captioned = dict[str, tuple[Figure, str]]  # figures with their captions, by the names of their files


def accuracies(history: Sequence[EpochRecord]) -> Captioned:
    """Draws the accuracies on both kinds of batches."""
    accuracy = plot_epochs(
        "Accuracy over the epochs",
        "Accuracy (%)",
        {"": history},
        {
            "images for the weights": lambda record: record.measures.get("train_accuracy"),
            "images for the architecture": lambda record: record.measures.get("architecture_accuracy"),
        },
    )
    accuracy.axes[0].yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    return {"accuracy": (accuracy, "Accuracy of the supernet on the batches that it was stepped on")}


def common_cells(entry: Mapping[str, Any]) -> tuple[list[str], str]:
    """Returns the first cells of a row of the table, and the last one, the accuracy."""
    accuracy = entry["supernet_accuracy"]
    shown = "-" if accuracy is None else f"{100 * accuracy:.2f}"
    first = [str(entry["rank"]), str(entry["epoch"] + 1), str(entry["skips"]), f"{entry['parameters'] / 1e6:.2f}"]
    return first, shown
