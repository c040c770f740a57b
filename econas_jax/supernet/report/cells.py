"""The parts of a report that are of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from matplotlib.figure import Figure

from econas_jax.figures.diagram import plot_diagrams
from econas_jax.figures.epoch_curves import plot_epochs
from econas_jax.spaces.darts.diagram import cell_diagram
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.report.parts import Captioned, common_cells
from econas_jax.supernet.report.shares import plot_shares


class CellPages:
    """Reports of searches for cells."""

    COLUMNS: ClassVar = ("rank", "after epoch", "skips", "parameters (M)", "accuracy in the supernet (%)")
    SKIPS: ClassVar = "The last normal cell has {} skip-connects."

    def row(self, entry: Mapping[str, Any]) -> list[str]:
        """Returns the row of a genotype in the table."""
        first, accuracy = common_cells(entry)
        return [*first, accuracy]

    def found(self, best: Sequence[Mapping[str, Any]]) -> Captioned:
        """Draws the cells of all genotypes; raises InputError for one that is none."""
        return {
            f"cell_{entry['rank']}": (_cell(Genotype.parse(entry["genotype"]), entry["rank"]), f"Cell {entry['rank']}")
            for entry in best
        }

    def course(self, history: Sequence[EpochRecord]) -> Captioned:
        """Draws the skips after each epoch."""
        skips = plot_epochs("Skip-connects", "In the normal cell", {"": history}, {"": lambda record: record.skips})
        caption = "Skip-connects of the normal cell after each epoch: a cell of skips is a collapsed search"
        return {"skips": (skips, caption)}

    def shares(self, history: Sequence[EpochRecord]) -> Captioned:
        """Draws the shares on all edges of both cells, where there are such."""
        caption = "The share of each operation on every edge of the {} cell, after each epoch"
        tables = {
            name: [table for record in history if (table := getattr(record, name)) is not None]
            for name in ("normal", "reduction")
        }
        return {
            name: (plot_shares(f"{name.capitalize()} cell", each), caption.format(name))
            for name, each in tables.items()
            if each
        }


def _cell(genotype: Genotype, rank: int) -> Figure:
    diagrams = (cell_diagram("Normal cell", genotype.normal), cell_diagram("Reduction cell", genotype.reduce))
    return plot_diagrams(diagrams, f"Cell {rank}")
