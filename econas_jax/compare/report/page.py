"""The report of a comparison: what came out, all findings, figures, how to read them, how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from econas_jax.compare.analysis import MEASURES, ComparisonAnalysis, Measure
from econas_jax.compare.config import CompareConfig
from econas_jax.compare.wording import HEADER, MEASURE_NAMES, budget_text, row, summary
from econas_jax.experiment.text import percent
from econas_jax.figures.figure_files import WrittenFigure
from econas_jax.figures.page import Page, PageTable, Section


def comparison_page(
    analysis: ComparisonAnalysis, config: CompareConfig, figures: Sequence[WrittenFigure], facts: Mapping[str, Any]
) -> Page:
    """Returns the page; facts: what the comparison was made with, in JSON's types."""
    tables = [section for measure in MEASURES if (section := _table(analysis, config, measure)) is not None]
    return Page(
        title=f"{len(config.contenders)} searchers on equal budgets of {config.unit}",
        summary=summary(analysis, config),
        sections=[
            Section("Figures", figures=figures),
            *tables,
            Section("How to read it", reading(analysis, config)),
            Section("What was compared", tables=[_contenders(config)]),
            Section("How it was run", texts=[json.dumps(facts, indent=2, ensure_ascii=False)]),
        ],
    )


def reading(analysis: ComparisonAnalysis, config: CompareConfig) -> list[str]:
    """Returns what the numbers mean, in sentences."""
    best = config.retraining.best
    lines = [
        f"A run is a search of one contender with one seed. It is read when its stages, in the order of its history, "
        f"have spent the budget; the best of the candidates trained the longest lead. Means are over seeds; intervals "
        f"are Student's, of the mean. A difference is that of two runs with the same seed, the contender's less "
        f"{config.baseline}'s: pairs share the seed of the data's split and of every random stream, so that what the "
        "seed is worth cancels out where it matters. Where its interval contains 0, no difference is shown, which is "
        "not the same as no difference. Each interval is right in 95 of 100 comparisons; of many, some are wrong.",
    ]
    if config.table is not None:
        lines.append(
            f"Test accuracy: of the {best} leaders after full training, by the table, that of the best by validation. "
            "Validation accuracy: of the first leader, as the search saw it."
        )
    elif analysis.measure == "test_accuracy":
        lines.append(f"Test accuracy: of the {best} leaders, trained in full, that of the best by validation.")
    else:
        lines.append(
            "Nothing was trained in full: validation accuracies are those of the searches, the largest of many, which "
            "flatters, and they compare only contenders whose candidates train in the same setting."
        )
    if analysis.charge:
        paid = budget_text(analysis.charge, config.unit)
        lines.append(f"Retraining paid: the search ends {paid} before the budget, which training the {best} takes.")
    if analysis.best_test_accuracy is not None:
        lines.append(f"The best test accuracy of the table is {percent(analysis.best_test_accuracy)}.")
    return lines


def _table(analysis: ComparisonAnalysis, config: CompareConfig, measure: Measure) -> Section | None:
    rows = [row(finding, config) for finding in analysis.findings if finding.measure == measure]
    name = MEASURE_NAMES[measure]
    text = "In percent; differences in percentage points."
    return Section(f"All budgets: {name}", [text], [PageTable(HEADER, rows)]) if rows else None


def _contenders(config: CompareConfig) -> PageTable:
    rows = []
    for name in config.contenders:
        search = config.search(name, 0)
        setting = "a table" if config.table else f"{search.full_proxy}, N = {search.network.cells_per_stage}"
        rows.append([name, search.algorithm, setting])
    return PageTable(["contender", "algorithm", "full training of a candidate in the search"], rows)
