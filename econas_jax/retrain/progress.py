"""What a retraining shows while it runs: a bar on a terminal, a line for some of the epochs, the table at the end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from econas_jax.experiment.epoch_bar import EpochReporter
from econas_jax.experiment.text import percent
from econas_jax.retrain.history import EpochRecord
from econas_jax.retrain.result import COLUMNS, NetworkOutcome, table_rows


class Reporter(EpochReporter):
    """Shows a retraining. `show=False` shows nothing; subclasses may send what they are told somewhere else."""

    def epoch(self, record: EpochRecord) -> None:
        """Prints the line of a finished epoch; of many epochs, only of some."""
        if not self.told(record.epoch) and record.validation_accuracy is None:
            return
        validation = "" if record.validation_accuracy is None else f"  validation {percent(record.validation_accuracy)}"
        self.say(
            f"{self.numbered(record.epoch)}  rate {record.learning_rate:.5f}  "
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
