"""All figures of one search, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from econas_jax.figures.cell_graph import plot_genotype
from econas_jax.figures.figure_files import save_figure
from econas_jax.search.history import CycleSummary, StageRecord, last_stages
from econas_jax.search.report.cost_accuracy import plot_accuracy_against_cost
from econas_jax.search.report.populations import plot_populations
from econas_jax.spaces.darts.genotype import Genotype


def write_search_figures(
    directory: Path, records: Sequence[StageRecord], cycles: Sequence[CycleSummary], best_genotypes: Sequence[Genotype]
) -> list[Path]:
    """Writes `populations`, `accuracy_against_cost` and `best_cell_1`, `best_cell_2`, ... as PNG and SVG.

    records: every finished stage; they also give the numbers in the titles of the cells.
    best_genotypes: the result of the search, best first.
    Returns the paths written.
    """
    figures = {
        "populations": plot_populations(cycles),
        "accuracy_against_cost": plot_accuracy_against_cost(records),
    }
    stages = {record.genotype: record for record in last_stages(records).values()}
    for rank, genotype in enumerate(best_genotypes, start=1):
        title = f"Best genotype {rank} of {len(best_genotypes)}{_numbers(stages.get(str(genotype)))}"
        figures[f"best_cell_{rank}"] = plot_genotype(genotype, title)
    return [path for name, figure in figures.items() for path in save_figure(figure, directory, name)]


def _numbers(stage: StageRecord | None) -> str:
    if stage is None or stage.validation_accuracy is None:
        return ""
    accuracy = f"{100 * stage.validation_accuracy:.2f} % validation accuracy"
    return f": {accuracy}, {_short(stage.parameters)} parameters, {_short(stage.multiply_adds)} multiply-adds"


def _short(number: int) -> str:
    return f"{number / 1e6:.2f} M" if number >= 1e6 else f"{number / 1e3:.1f} k"
