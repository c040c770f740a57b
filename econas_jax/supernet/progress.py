"""What a search inside a supernet shows while it runs: a bar on a terminal, a line for some of the epochs."""

from __future__ import annotations

from econas_jax.experiment.epoch_bar import EpochReporter
from econas_jax.experiment.text import percent
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.result import Found

FIRST_RANKED, RANKED_A_LINE = (1, 10, 20, 50), 100


class Reporter(EpochReporter):
    """Shows a search. `show=False` shows nothing; subclasses may send what they are told somewhere else."""

    def epoch(self, record: EpochRecord) -> None:
        """Prints the line of a finished epoch; of many epochs, only of some."""
        if not self.told(record.epoch):
            return
        measures = record.measures
        held_out = measures.get("architecture_accuracy")
        fitted = "" if held_out is None else f"  architecture {percent(held_out)}"
        self.say(
            f"{self.numbered(record.epoch)}  rate {record.learning_rate:.5f}  "
            f"train {percent(measures['train_accuracy'])}, loss {measures['train_loss']:.4f}{fitted}  "
            f"{'' if record.skips is None else f'skips {record.skips}  '}{record.seconds:.0f} s"
        )

    def ranked(self, count: int, best: float) -> None:
        """Prints how many candidates are ranked and the best accuracy: of the first few, then of every hundredth."""
        if count in FIRST_RANKED or count % RANKED_A_LINE == 0:
            self.say(f"ranked {count}: the best has {percent(best)} with the supernet's weights")

    def found(self, best: tuple[Found, ...]) -> None:
        """Prints the genotypes, each on one line to copy."""
        for each in best:
            self.say(str(each.genotype))
