"""The report of a search: the five best, figures, cells, cycles, how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError
from econas_jax.figures.figure_files import WrittenFigure
from econas_jax.figures.page import Page, PageTable, Section, write_page
from econas_jax.search.history import POPULATIONS, CycleSummary, read_cycles


def write_search_report(workdir: Path) -> Path:
    """Writes `report.html` from what a search has left in its folder, and returns its path.

    Raises InputError if the folder does not hold a search that came to a result.
    """
    try:
        result = json.loads((workdir / "result.json").read_text(encoding="utf-8"))
        facts = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
        cycles = read_cycles(workdir / "cycles.jsonl")
        page = search_page(result, cycles, _figures(workdir / "figures", result), facts)
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError("workdir", str(workdir), "a folder with the result of a search") from None
    write_page(workdir / "report.html", page)
    return workdir / "report.html"


def search_page(
    result: Mapping[str, Any],
    cycles: Sequence[CycleSummary],
    figures: Sequence[WrittenFigure],
    facts: Mapping[str, Any],
) -> Page:
    """result: of result.json; facts: of config.json."""
    best = result["best"]
    state = "finished" if result["finished"] else "not finished"
    summary = f"{result['candidates']} candidates, {result['stages']} stages, {result['cycles']} cycles; {state}."
    if best:
        first = best[0]
        summary += (
            f" The best cell reached {_percent(first['validation_accuracy'])} validation accuracy after "
            f"{first['epochs']} epochs with {first['parameters']:,} parameters."
        )
    return Page(
        title=f"Architecture search on {facts['config']['data']['name']}",
        summary=[summary],
        sections=[
            Section("The best genotypes", tables=[_best(best)], texts=[f"{b['rank']}  {b['genotype']}" for b in best]),
            Section("Figures", figures=figures),
            Section("Cycles", ["Members and mean validation accuracy of each population."], [_cycles(cycles)]),
            Section("How it was run", texts=[json.dumps(facts, indent=2, ensure_ascii=False)]),
        ],
    )


def _figures(folder: Path, result: Mapping[str, Any]) -> list[WrittenFigure]:
    captions = {
        "populations": "The three populations over the cycles",
        "accuracy_against_cost": "Accuracy against cost of all candidates",
    }
    captions |= {f"best_cell_{best['rank']}": f"Genotype {best['rank']}" for best in result["best"]}
    return [
        WrittenFigure(folder / f"{name}.png", caption)
        for name, caption in captions.items()
        if (folder / f"{name}.png").exists()
    ]


def _best(best: Sequence[Mapping[str, Any]]) -> PageTable:
    header = ["rank", "candidate", "validation accuracy", "epochs", "parameters", "multiply-adds"]
    names = ("epochs", "parameters", "multiply_adds")
    rows = [
        [str(b["rank"]), str(b["candidate"]), _percent(b["validation_accuracy"]), *(f"{b[name]:,}" for name in names)]
        for b in best
    ]
    return PageTable(header, rows, marked=0 if rows else None)


def _cycles(cycles: Sequence[CycleSummary]) -> PageTable:
    rows = []
    for cycle in cycles:
        pairs = zip(cycle.sizes, cycle.mean_accuracies, strict=True)
        populations = [f"{size}: {_percent(mean)}" for size, mean in pairs]
        rows.append([str(cycle.cycle), *populations, _percent(cycle.best_accuracy), f"{cycle.seconds:,.0f}"])
    return PageTable(["cycle", *POPULATIONS, "best so far", "seconds"], rows)


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.2f} %"
