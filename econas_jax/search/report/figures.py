"""All figures of one search, as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from econas_jax.experiment.text import percent
from econas_jax.figures.diagram import plot_diagrams
from econas_jax.figures.figure_files import save_figure
from econas_jax.search.history import RoundSummary, StageRecord, last_stages
from econas_jax.search.report.cost_accuracy import plot_accuracy_against_cost
from econas_jax.search.report.groups import plot_groups
from econas_jax.spaces.space import Diagram

GROUPS, COST = "groups", "accuracy_against_cost"


def best_cell(rank: int) -> str:
    """Returns the name of the figure of the genotype with this rank, from 1."""
    return f"best_cell_{rank}"


def write_search_figures(
    directory: Path,
    records: Sequence[StageRecord],
    rounds: Sequence[RoundSummary],
    best: Sequence[tuple[str, Sequence[Diagram]]],
) -> list[Path]:
    """Writes `groups`, `accuracy_against_cost` and `best_cell_1`, `best_cell_2`, ... as PNG and SVG.

    records: every finished stage; they also give the numbers in the titles of the cells.
    best: texts and diagrams of the genotypes that the search found, best first.
    Returns the paths written.
    """
    figures = {GROUPS: plot_groups(rounds), COST: plot_accuracy_against_cost(records)}
    stages = _best_stages(records)
    for rank, (genotype, diagrams) in enumerate(best, start=1):
        title = f"Best genotype {rank} of {len(best)}{_numbers(stages.get(genotype))}"
        figures[best_cell(rank)] = plot_diagrams(diagrams, title)
    return [path for name, figure in figures.items() for path in save_figure(figure, directory, name)]


def _best_stages(records: Iterable[StageRecord]) -> dict[str, StageRecord]:
    """Returns each genotype's last stage; the best one where several candidates have the same genotype."""
    measured = [record for record in last_stages(records).values() if record.validation_accuracy is not None]
    measured.sort(key=lambda record: (record.epochs, record.validation_accuracy))
    return {record.genotype: record for record in measured}


def _numbers(stage: StageRecord | None) -> str:
    if stage is None:
        return ""
    accuracy = f"{percent(stage.validation_accuracy)} validation accuracy"
    return f": {accuracy}, {_short(stage.parameters)} parameters, {_short(stage.multiply_adds)} multiply-adds"


def _short(number: int) -> str:
    return f"{number / 1e6:.2f} M" if number >= 1e6 else f"{number / 1e3:.1f} k"
