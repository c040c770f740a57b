"""A bar over all steps of a training that goes epoch by epoch, on a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from econas_jax.experiment import console
from econas_jax.experiment.text import percent

WINDOW = 600.0  # seconds over which the bar estimates its speed
LINES = 30  # of a training, about: one epoch in so many is told


class EpochReporter(console.Reporter):
    """Shows a training. `show=False` shows nothing."""

    def __init__(self, console: Console | None = None, show: bool = True) -> None:
        super().__init__(console, show)
        self._progress: Progress | None = None
        self._bar: TaskID | None = None
        self.epochs = 0  # of the training at hand

    @contextlib.contextmanager
    def training(self, title: str, epochs: int, steps: int, done: int) -> Iterator[None]:
        """Shows the bar over all steps of a training. title: such as "network 1 of 5"; done: steps."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        self.epochs = epochs
        with Progress(*columns, console=self.console, speed_estimate_period=WINDOW, disable=not self.live) as progress:
            self._progress = progress
            self._bar = progress.add_task(title, total=epochs * steps, completed=done, told=f"of {epochs} epochs")
            try:
                yield
            finally:
                self._progress = None

    def step(self, epoch: int, accuracy: float) -> None:
        """Takes note of one more step. epoch: from 0; accuracy: of the epoch's steps so far."""
        if self._progress is not None and self._bar is not None:
            told = f"epoch {epoch + 1}/{self.epochs}, train {percent(accuracy)}"
            self._progress.update(self._bar, advance=1, told=told)

    def told(self, epoch: int) -> bool:
        """Says whether an epoch, from 0, has a line of its own: of many epochs, only some have."""
        number, every = epoch + 1, max(1, self.epochs // LINES)
        return number % every == 0 or number == self.epochs

    def numbered(self, epoch: int) -> str:
        """Returns the beginning of an epoch's line."""
        return f"epoch {epoch + 1:{len(str(self.epochs))}d}/{self.epochs}"
