"""The report of a search inside a supernet: what was found, its course, the shares of operations, how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError
from econas_jax.figures.figure_files import WrittenFigure, save_figure
from econas_jax.figures.page import Page, PageTable, Section, write_page
from econas_jax.study.intervals import Interval
from econas_jax.supernet.history import HISTORY_FILE, EpochRecord, read_history
from econas_jax.supernet.method_configs import is_of_chains
from econas_jax.supernet.report.cells import CellPages
from econas_jax.supernet.report.chains import ChainPages
from econas_jax.supernet.report.parts import accuracies


def write_supernet_report(workdir: Path) -> Path:
    """Writes the figures and `report.html` from what a search has left in its folder, and returns the page's path.

    Raises InputError if the folder does not hold a search inside a supernet that was ended or stopped.
    """
    try:
        result = json.loads((workdir / "result.json").read_text(encoding="utf-8"))
        facts = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
        history = read_history(workdir / HISTORY_FILE) if (workdir / HISTORY_FILE).exists() else []
        kind = ChainPages() if is_of_chains(facts["config"]["method"]) else CellPages()
        found = kind.found(result["best"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError("workdir", str(workdir), "a folder with the result of a search inside a supernet") from None
    folder = workdir / "figures"
    figures = [
        [WrittenFigure(save_figure(figure, folder, name)[0], caption) for name, (figure, caption) in each.items()]
        for each in (found, {**accuracies(history), **kind.course(history)}, kind.shares(history))
    ]
    write_page(workdir / "report.html", _page(result, facts, kind, history, *figures))
    return workdir / "report.html"


def _page(
    result: Mapping[str, Any],
    facts: Mapping[str, Any],
    kind: CellPages | ChainPages,
    history: Sequence[EpochRecord],
    found: Sequence[WrittenFigure],
    course: Sequence[WrittenFigure],
    shares: Sequence[WrittenFigure],
) -> Page:
    config = facts["config"]
    summary = [f"{len(history)} of {config['proxy']['epochs']} epochs are done."]
    if history and history[-1].skips is not None:
        summary.append(kind.SKIPS.format(history[-1].skips))
    if result["spearman"] is not None:
        interval = result.get("spearman_interval")  # earlier versions wrote none
        spread = "no interval" if interval is None else f"95 % interval {Interval(*interval)}"
        summary.append(
            f"Of {result['standalone']} candidates, accuracies in the supernet and by themselves have a rank "
            f"correlation (Spearman) of {result['spearman']:.2f} ({spread})."
        )
    rows = [kind.row(entry) for entry in result["best"]]
    sections = [
        Section(
            "Found",
            tables=[PageTable(kind.COLUMNS, rows)] if rows else [],
            figures=found,
            texts=[entry["genotype"] for entry in result["best"]],
        ),
        Section("The course of the search", figures=course),
        *([Section("Shares of operations", figures=shares)] if shares else []),
        Section("How it was run", texts=[json.dumps(facts, indent=2, ensure_ascii=False)]),
    ]
    return Page(f"A search by {config['method']} on {config['data']['name']}", summary, sections)
