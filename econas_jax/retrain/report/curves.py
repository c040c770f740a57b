"""Learning curves of the networks of a retraining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from econas_jax.figures.epoch_curves import plot_epochs
from econas_jax.retrain.history import EpochRecord

Histories = Mapping[str, Sequence[EpochRecord]]  # by the network's label


def plot_accuracies(histories: Histories) -> Figure:
    """Draws training and validation accuracy over the epochs: lines, and dashed lines."""
    figure = plot_epochs(
        "Accuracy over the epochs",
        "Accuracy (%)",
        histories,
        {"train": lambda record: record.train_accuracy, "validation": lambda record: record.validation_accuracy},
    )
    figure.axes[0].yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    return figure


def plot_losses(histories: Histories) -> Figure:
    """Draws training and validation loss over the epochs, the loss on a scale of powers of ten."""
    figure = plot_epochs(
        "Loss over the epochs",
        "Cross-entropy (nats)",
        histories,
        {"train": lambda record: record.train_loss, "validation": lambda record: record.validation_loss},
    )
    if any(records for records in histories.values()):
        figure.axes[0].set_yscale("log")
    return figure


def plot_learning_rate(histories: Histories) -> Figure:
    """Draws the learning rate over the epochs, the same for all networks."""
    longest = max(histories.values(), key=len, default=())
    return plot_epochs("Learning rate", "Learning rate", {"": longest}, {"": lambda record: record.learning_rate})
