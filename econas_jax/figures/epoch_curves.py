"""Numbers over the epochs of one or several trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from econas_jax.figures.style import chart, legend, nothing_yet, series_style

MARKED_EPOCHS = 30  # with more epochs markers would hide the lines


class EpochNumbers(Protocol):
    """What is known of one epoch."""

    @property
    def epoch(self) -> int:
        """Its number, from 0."""


Record = TypeVar("Record", bound=EpochNumbers)


def plot_epochs(
    title: str,
    label: str,
    histories: Mapping[str, Sequence[Record]],
    values: Mapping[str, Callable[[Record], float | None]],
) -> Figure:
    """Draws a line for each history and value; epochs without the value are passed over.

    histories: by what the legend calls them; values: likewise. A history's lines share a colour, and all values but the
    first are dashed.
    """
    figure, axes = chart(title, "Epoch", label)
    for place, (history, records) in enumerate(histories.items()):
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
                    label=", ".join(filter(None, (history, name))),
                )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if not axes.lines:
        nothing_yet(axes, "no epoch is committed yet")
    elif any(line.get_label() for line in axes.lines if not str(line.get_label()).startswith("_")):
        legend(axes)
    return figure
