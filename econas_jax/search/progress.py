"""What a search shows while it runs: a bar and a line a cycle on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from econas_jax.algorithms import Member
from econas_jax.search.history import POPULATIONS, CycleSummary, StageRecord

WINDOW = 3600.0  # seconds over which the bar estimates its speed: stages of different rungs even out


class Reporter:
    """Shows a search. `show=False` shows nothing (library use)."""

    def __init__(self, console: Console | None = None, show: bool = True) -> None:
        self.console = console or Console(highlight=False, quiet=not show)
        self._progress: Progress | None = None
        self._bar: TaskID | None = None

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Says what is being done, and how long it took when it is done."""
        start = time.perf_counter()
        if self.console.is_terminal:
            with self.console.status(Text(f"{what} ...")):
                yield
        else:
            self.say(f"{what} ...")
            yield
        self.say(f"{what}: {time.perf_counter() - start:.1f} s")

    def say(self, text: str) -> None:
        """One line."""
        # a path or a genotype may hold what rich takes for markup
        self.console.print(text, soft_wrap=True, markup=False, emoji=False)

    @contextlib.contextmanager
    def stages(self, total: int, done: int) -> Iterator[None]:
        """The bar over all training stages of the search."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("stages, best {task.fields[best]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        disable = not self.console.is_terminal
        with Progress(*columns, console=self.console, speed_estimate_period=WINDOW, disable=disable) as progress:
            self._progress = progress
            self._bar = progress.add_task("initial population", total=total, completed=done, best="-")
            yield
            self._progress = None

    def advance(self, what: str, record: StageRecord, best: float | None) -> None:
        """One more stage is finished."""
        if self._progress is not None and self._bar is not None:
            self._progress.update(self._bar, description=what, advance=1, best=_percent(best))
        if record.status != "completed":
            what = {"diverged": "diverged", "out_of_memory": "ran out of memory", "failed": "failed"}[record.status]
            reason = "" if record.status == "diverged" else f" ({record.reason})"
            self.say(f"candidate {record.id} {what} by epoch {record.epochs} and is out{reason}: {record.genotype}")

    def cycle(self, summary: CycleSummary, cycles: int) -> None:
        """The line of a finished cycle: sizes and mean accuracies of the populations."""
        populations = "  ".join(
            f"{name} {size:3d} {_percent(mean):>7}"
            for name, size, mean in zip(POPULATIONS, summary.sizes, summary.mean_accuracies, strict=True)
        )
        best = _percent(summary.best_accuracy)
        width = len(str(cycles))
        self.say(f"cycle {summary.cycle:{width}d}/{cycles}  {populations}  best {best}  {summary.seconds:.0f} s")

    def best(self, members: Sequence[Member], stages: dict[int, StageRecord]) -> None:
        """The table of the best genotypes, then their texts, each on one line to copy."""
        table = Table(title=f"The {len(members)} best genotypes")
        for column in ("", "candidate", "validation accuracy", "epochs", "parameters", "multiply-adds"):
            table.add_column(column, justify="right")
        for rank, member in enumerate(members, start=1):
            stage = stages[member.candidate]
            numbers = (str(stage.epochs), f"{stage.parameters:,}", f"{stage.multiply_adds:,}")
            table.add_row(str(rank), str(member.candidate), _percent(member.accuracy), *numbers)
        self.console.print(table)
        for rank, member in enumerate(members, start=1):
            self.say(f"{rank}  {member.genotype}")


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:.2f} %"
