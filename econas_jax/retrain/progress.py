"""What a retraining shows while it runs: a bar on a terminal, a line for some of the epochs, the table at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from econas_jax.experiment import console
from econas_jax.experiment.text import percent
from econas_jax.retrain.history import EpochRecord
from econas_jax.retrain.result import COLUMNS, NetworkOutcome, table_rows

WINDOW = 600.0  # seconds over which the bar estimates its speed
LINES = 30  # of a network's training, about: one epoch in so many is told


class Reporter(console.Reporter):
    """Shows a retraining. `show=False` shows nothing; subclasses may send what they are told somewhere else."""

    def __init__(self, console: Console | None = None, show: bool = True) -> None:
        super().__init__(console, show)
        self._progress: Progress | None = None
        self._bar: TaskID | None = None
        self._epochs = 0

    @contextlib.contextmanager
    def training(self, title: str, epochs: int, steps: int, done: int) -> Iterator[None]:
        """Shows the bar over all steps of a network's training. title: such as "network 1 of 5"; done: steps."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        self._epochs = epochs
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
            told = f"epoch {epoch + 1}/{self._epochs}, train {percent(accuracy)}"
            self._progress.update(self._bar, advance=1, told=told)

    def epoch(self, record: EpochRecord) -> None:
        """Prints the line of a finished epoch; of many epochs, only of some."""
        number, every = record.epoch + 1, max(1, self._epochs // LINES)
        if number % every and number != self._epochs and record.validation_accuracy is None:
            return
        validation = "" if record.validation_accuracy is None else f"  validation {percent(record.validation_accuracy)}"
        self.say(
            f"epoch {number:{len(str(self._epochs))}d}/{self._epochs}  rate {record.learning_rate:.5f}  "
            f"train {percent(record.train_accuracy)}, loss {record.train_loss:.4f}{validation}  {record.seconds:.0f} s"
        )

    def outcomes(self, networks: Sequence[NetworkOutcome]) -> None:
        """Prints the table of all networks, then their genotypes, each on one line to copy."""
        table = Table(title="Retrained networks")
        for place, column in enumerate(COLUMNS):
            table.add_column(column, justify="left" if place == 1 else "right")
        for row in table_rows(networks):
            table.add_row(*row)
        self.console.print(table)
        for network in networks:
            self.say(f"{network.number}  {network.genotype}")
