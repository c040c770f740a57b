"""The report of a search inside a supernet: the cell, its course, the shares of operations, how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from econas_jax.errors import InputError
from econas_jax.figures.diagram import plot_diagrams
from econas_jax.figures.epoch_curves import plot_epochs
from econas_jax.figures.figure_files import WrittenFigure, save_figure
from econas_jax.figures.page import Page, PageTable, Section, write_page
from econas_jax.spaces.darts.diagram import cell_diagram
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.history import HISTORY_FILE, EpochRecord, read_history
from econas_jax.supernet.report.shares import plot_shares

COLUMNS = ("rank", "after epoch", "skips", "parameters (M)", "accuracy in the supernet (%)")


def write_supernet_report(workdir: Path) -> Path:
    """Writes the figures and `report.html` from what a search has left in its folder, and returns the page's path.

    Raises InputError if the folder does not hold a search inside a supernet that was ended or stopped.
    """
    try:
        result = json.loads((workdir / "result.json").read_text(encoding="utf-8"))
        facts = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
        history = read_history(workdir / HISTORY_FILE) if (workdir / HISTORY_FILE).exists() else []
        best = [(entry, Genotype.parse(entry["genotype"])) for entry in result["best"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError("workdir", str(workdir), "a folder with the result of a search inside a supernet") from None
    folder = workdir / "figures"
    cells = [
        _saved(_cell(genotype, entry["rank"]), folder, f"cell_{entry['rank']}", f"Cell {entry['rank']}")
        for entry, genotype in best
    ]
    course = [_saved(figure, folder, name, caption) for name, (figure, caption) in _course(history).items()]
    shares = [_saved(figure, folder, name, caption) for name, (figure, caption) in _shares(history).items()]
    write_page(workdir / "report.html", _page(result, facts, history, cells, course, shares))
    return workdir / "report.html"


def _page(
    result: Mapping[str, Any],
    facts: Mapping[str, Any],
    history: Sequence[EpochRecord],
    cells: Sequence[WrittenFigure],
    course: Sequence[WrittenFigure],
    shares: Sequence[WrittenFigure],
) -> Page:
    config = facts["config"]
    summary = [f"{len(history)} of {config['proxy']['epochs']} epochs are done."]
    if history and history[-1].skips is not None:
        summary.append(f"The last normal cell has {history[-1].skips} skip-connects.")
    if result["spearman"] is not None:
        summary.append(
            f"Of {result['standalone']} candidates, accuracies in the supernet and by themselves have a rank "
            f"correlation (Spearman) of {result['spearman']:.2f}."
        )
    rows = [_row(entry) for entry in result["best"]]
    sections = [
        Section(
            "Found",
            tables=[PageTable(COLUMNS, rows)] if rows else [],
            figures=cells,
            texts=[entry["genotype"] for entry in result["best"]],
        ),
        Section("The course of the search", figures=course),
        *([Section("Shares of operations", figures=shares)] if shares else []),
        Section("How it was run", texts=[json.dumps(facts, indent=2, ensure_ascii=False)]),
    ]
    return Page(f"A search by {config['method']} on {config['data']['name']}", summary, sections)


def _row(entry: Mapping[str, Any]) -> list[str]:
    accuracy = entry["supernet_accuracy"]
    shown = "-" if accuracy is None else f"{100 * accuracy:.2f}"
    return [str(entry["rank"]), str(entry["epoch"] + 1), str(entry["skips"]), f"{entry['parameters'] / 1e6:.2f}", shown]


def _cell(genotype: Genotype, rank: int) -> Figure:
    diagrams = (cell_diagram("Normal cell", genotype.normal), cell_diagram("Reduction cell", genotype.reduce))
    return plot_diagrams(diagrams, f"Cell {rank}")


def _course(history: Sequence[EpochRecord]) -> dict[str, tuple[Figure, str]]:
    accuracy = plot_epochs(
        "Accuracy over the epochs",
        "Accuracy (%)",
        {"": history},
        {
            "images for the weights": lambda record: record.measures.get("train_accuracy"),
            "images for the architecture": lambda record: record.measures.get("architecture_accuracy"),
        },
    )
    accuracy.axes[0].yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=None))
    skips = plot_epochs("Skip-connects", "In the normal cell", {"": history}, {"": lambda record: record.skips})
    return {
        "accuracy": (accuracy, "Accuracy of the supernet on the batches that it was stepped on, augmented"),
        "skips": (skips, "Skip-connects of the normal cell after each epoch: a cell of skips is a collapsed search"),
    }


def _shares(history: Sequence[EpochRecord]) -> dict[str, tuple[Figure, str]]:
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


def _saved(figure: Figure, folder: Path, name: str, caption: str) -> WrittenFigure:
    return WrittenFigure(save_figure(figure, folder, name)[0], caption)
