"""The report of a search: the best genotypes, charts, rounds, how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError
from econas_jax.experiment.text import percent
from econas_jax.figures.figure_files import WrittenFigure
from econas_jax.figures.page import Page, PageTable, Section, write_page
from econas_jax.search.earlier_format import EARLIER_ROUNDS_FILE, upgraded_line
from econas_jax.search.history import ROUNDS_FILE, RoundSummary, read_rounds, round_from_json
from econas_jax.search.report.figures import COST, GROUPS, best_cell
from econas_jax.search.report.groups import epochs_text

EARLIER_GROUPS = "populations"  # what the earlier version called the figure of the groups
MOST_ROWS = 120  # of the table of rounds


def write_search_report(workdir: Path) -> Path:
    """Writes `report.html` from what a search has left in its folder, and returns its path.

    Raises InputError if the folder does not hold a search that came to a result.
    """
    try:
        result = json.loads((workdir / "result.json").read_text(encoding="utf-8"))
        facts = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
        rounds = _read_rounds(workdir, facts)
        page = search_page(result, rounds, _figures(workdir / "figures", result), facts)
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError("workdir", str(workdir), "a folder with the result of a search") from None
    write_page(workdir / "report.html", page)
    return workdir / "report.html"


def search_page(
    result: Mapping[str, Any],
    rounds: Sequence[RoundSummary],
    figures: Mapping[str, WrittenFigure],
    facts: Mapping[str, Any],
) -> Page:
    """Returns the page; result: of result.json; figures: by their names; facts: of config.json."""
    best = result["best"]
    cells = [figures[name] for entry in best if (name := best_cell(entry["rank"])) in figures]
    charts = [figures[name] for name in (GROUPS, EARLIER_GROUPS, COST) if name in figures]
    texts = [f"{entry['rank']}  {entry['genotype']}" for entry in best]
    sections = [
        Section("The best genotypes", _none_yet(best), [_best(best)] if best else [], cells),
        Section("Figures", figures=charts),
        *([Section("The best genotypes as text", texts=texts)] if best else []),
        _rounds_section(rounds),
        Section("How it was run", texts=[json.dumps(facts, indent=2, ensure_ascii=False)]),
    ]
    return Page(f"Architecture search on {facts['config']['data']['name']}", _summary(result), sections)


def _read_rounds(workdir: Path, facts: Mapping[str, Any]) -> list[RoundSummary]:
    """Reads the rounds of a folder of this version or the earlier one."""
    earlier = workdir / EARLIER_ROUNDS_FILE
    if (workdir / ROUNDS_FILE).exists() or not earlier.exists():
        return read_rounds(workdir / ROUNDS_FILE)
    epochs = facts["config"]["search"]["epochs"]
    return [round_from_json(upgraded_line(line, epochs)) for line in earlier.read_text(encoding="utf-8").splitlines()]


def _figures(folder: Path, result: Mapping[str, Any]) -> dict[str, WrittenFigure]:
    """Returns the figures that the folder holds, by their names."""
    groups = GROUPS if (folder / f"{GROUPS}.png").exists() else EARLIER_GROUPS
    captions = {
        groups: "Mean validation accuracy of each group of candidates over the rounds",
        COST: "Accuracy against cost of all candidates",
    }
    captions |= {best_cell(entry["rank"]): f"Genotype {entry['rank']}" for entry in result["best"]}
    paths = {name: folder / f"{name}.png" for name in captions}
    return {name: WrittenFigure(path, captions[name]) for name, path in paths.items() if path.exists()}


def _summary(result: Mapping[str, Any]) -> list[str]:
    rounds = result["rounds"] if "rounds" in result else result["cycles"]
    state = "finished" if result["finished"] else "not finished"
    lines = [f"{result['candidates']:,} candidates, {result['stages']:,} stages, {rounds:,} rounds; {state}."]
    lost = [f"{result[name]:,} {name}" for name in ("diverged", "failed") if result.get(name)]
    if lost:
        lines.append(f"Stages that gave no accuracy: {', '.join(lost)}.")
    if result["best"]:
        first = result["best"][0]
        lines.append(
            f"The best genotype reached {percent(first['validation_accuracy'])} validation accuracy after "
            f"{epochs_text(first['epochs'])} with {first['parameters']:,} parameters."
        )
    return lines


def _none_yet(best: Sequence[object]) -> list[str]:
    return [] if best else ["No candidate has an accuracy yet."]


def _best(best: Sequence[Mapping[str, Any]]) -> PageTable:
    header = ["rank", "candidate", "validation accuracy", "epochs", "parameters", "multiply-adds"]
    names = ("epochs", "parameters", "multiply_adds")
    rows = [
        [str(b["rank"]), str(b["candidate"]), percent(b["validation_accuracy"]), *(f"{b[name]:,}" for name in names)]
        for b in best
    ]
    return PageTable(header, rows, marked=0)


def _rounds_section(rounds: Sequence[RoundSummary]) -> Section:
    """A table of the rounds; of many rounds only some."""
    if not rounds:
        return Section("Rounds", ["No round has finished yet."])
    step = -(-len(rounds) // MOST_ROWS)
    shown = [*rounds[:-1][::step], rounds[-1]]
    text = "Size and mean validation accuracy of each group."
    if step > 1:
        text += f" One round in {step}, and the last one."
    return Section("Rounds", [text], [_rounds(shown)])


def _rounds(rounds: Sequence[RoundSummary]) -> PageTable:
    groups = list(dict.fromkeys((group.name, group.epochs) for summary in rounds for group in summary.groups))
    rows = []
    for summary in rounds:
        found = {(group.name, group.epochs): group for group in summary.groups}
        cells = [
            f"{found[group].size}: {percent(found[group].mean_accuracy)}" if group in found else "-" for group in groups
        ]
        rows.append([str(summary.round), *cells, percent(summary.best_accuracy), f"{summary.seconds:,.0f}"])
    names = [f"{name}, {epochs_text(epochs)}" for name, epochs in groups]
    return PageTable(["round", *names, "best so far", "seconds"], rows)
