"""What a search shows while it runs: a bar and a line a round on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from econas_jax.algorithms.algorithm import Member
from econas_jax.experiment import console
from econas_jax.experiment.text import percent
from econas_jax.search.history import RoundSummary, StageRecord

WINDOW = 3600.0  # seconds over which the bar estimates its speed: stages of different lengths even out
FAILED = {"diverged": "diverged", "out_of_memory": "ran out of memory", "failed": "failed"}


class Reporter(console.Reporter):
    """Shows a search. `show=False` shows nothing; subclasses may send what they are told somewhere else."""

    def __init__(self, console: Console | None = None, show: bool = True) -> None:
        super().__init__(console, show)
        self._progress: Progress | None = None
        self._bar: TaskID | None = None

    @contextlib.contextmanager
    def stages(self, total: int, done: int) -> Iterator[None]:
        """Shows the bar over all training stages of the search."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("stages, best {task.fields[best]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        with Progress(
            *columns, console=self.console, speed_estimate_period=WINDOW, disable=not self.live
        ) as progress:
            self._progress = progress
            self._bar = progress.add_task("searching", total=total, completed=done, best="-")
            yield
            self._progress = None

    def advance(self, record: StageRecord, best: float | None) -> None:
        """Takes note that one more stage is finished."""
        if self._progress is not None and self._bar is not None:
            what = f"round {record.round}, {record.phase}"
            self._progress.update(self._bar, description=what, advance=1, best=percent(best))
        if record.status != "completed":
            reason = "" if record.status == "diverged" else f" ({record.reason})"
            what = f"candidate {record.candidate} {FAILED[record.status]} by epoch {record.epochs} and is out"
            self.say(f"{what}{reason}: {record.genotype}")

    def round(self, summary: RoundSummary, rounds: int) -> None:
        """Prints the line of a finished round: sizes and mean accuracies of the groups."""
        groups = "  ".join(f"{group.name} {group.size:3d} {percent(group.mean_accuracy):>7}" for group in summary.groups)
        width = len(str(rounds))
        best = percent(summary.best_accuracy)
        self.say(f"round {summary.round:{width}d}/{rounds}  {groups}  best {best}  {summary.seconds:.0f} s")

    def best(self, members: Sequence[Member], stages: dict[int, StageRecord]) -> None:
        """Prints the table of the best genotypes, then their texts, each on one line to copy."""
        table = Table(title=f"The {len(members)} best genotypes")
        for column in ("", "candidate", "validation accuracy", "epochs", "parameters", "multiply-adds"):
            table.add_column(column, justify="right")
        for rank, member in enumerate(members, start=1):
            stage = stages[member.candidate]
            numbers = (str(stage.epochs), f"{stage.parameters:,}", f"{stage.multiply_adds:,}")
            table.add_row(str(rank), str(member.candidate), percent(member.accuracy), *numbers)
        self.console.print(table)
        for rank, member in enumerate(members, start=1):
            self.say(f"{rank}  {member.genotype}")


def in_a_notebook() -> bool:
    """Says whether a notebook shows what this process prints."""
    return Console().is_jupyter
