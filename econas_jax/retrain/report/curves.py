"""Learning curves of the networks of a retraining."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from econas_jax.figures.style import chart, legend, nothing_yet, series_style
from econas_jax.retrain.history import EpochRecord

MARKED_EPOCHS = 30  # with more epochs markers would hide the lines

Histories = Mapping[str, Sequence[EpochRecord]]  # by the network's label
Value = Callable[[EpochRecord], float | None]


def plot_accuracies(histories: Histories) -> Figure:
    """Draws training and validation accuracy over the epochs: lines, and dashed lines."""
    figure = _curves(
        "Accuracy over the epochs",
        "Accuracy (%)",
        histories,
        {"train": lambda record: record.train_accuracy, "validation": lambda record: record.validation_accuracy},
    )
    figure.axes[0].yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    return figure


def plot_losses(histories: Histories) -> Figure:
    """Draws training and validation loss over the epochs, the loss on a scale of powers of ten."""
    figure = _curves(
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
    return _curves("Learning rate", "Learning rate", {"": longest}, {"": lambda record: record.learning_rate})


def _curves(title: str, label: str, histories: Histories, values: Mapping[str, Value]) -> Figure:
    """Draws a line for each network and value; epochs without the value are passed over."""
    figure, axes = chart(title, "Epoch", label)
    for place, (network, records) in enumerate(histories.items()):
        colour, marker = series_style(place)
        for number, (name, value) in enumerate(values.items()):
            points = [(record.epoch + 1, y) for record in records if (y := value(record)) is not None]
            if points:
                axes.plot(
                    *zip(*points, strict=True),
                    color=colour,
                    marker=marker if len(points) <= MARKED_EPOCHS else "",
                    markersize=4,
                    linewidth=1.6,
                    linestyle="--" if number else "-",
                    label=", ".join(filter(None, (network, name))),
                )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if not axes.lines:
        nothing_yet(axes, "no epoch is committed yet")
    elif any(line.get_label() for line in axes.lines if not str(line.get_label()).startswith("_")):
        legend(axes)
    return figure
