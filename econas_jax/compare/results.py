"""What a comparison leaves besides its runs: `comparison.csv`, `result.json`, `figures/`, `report.html`."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from econas_jax.compare.analysis import ComparisonAnalysis, Finding
from econas_jax.compare.config import CompareConfig
from econas_jax.compare.run_file import Runs
from econas_jax.experiment.disk import one_line_errors
from econas_jax.files import write_text

COLUMNS = (
    *("contender", "budget", "unit", "retraining", "measure", "runs", "without", "mean", "deviation", "low", "high"),
    *("pairs", "difference", "difference_low", "difference_high", "verdict", "regret"),
)


def write_results(
    folder: Path, analysis: ComparisonAnalysis, config: CompareConfig, runs: Runs, facts: Mapping[str, Any]
) -> None:
    """Writes everything; facts: what the comparison was made with, in JSON's types. Raises SearchError."""
    # Matplotlib takes half a second to import, and no run needs it.
    from econas_jax.compare.report.curves import plot_curves
    from econas_jax.compare.report.differences import plot_differences
    from econas_jax.compare.report.page import comparison_page
    from econas_jax.compare.wording import last_findings
    from econas_jax.figures.figure_files import WrittenFigure, save_figure
    from econas_jax.figures.page import write_page

    rows = [as_row(finding, config, analysis) for finding in analysis.findings]
    drawn = {
        "curves": (plot_curves(config, runs, _curve_measure(analysis, config)), "The best so far against the budget"),
        "differences": (
            plot_differences(config, last_findings(analysis, config)),
            "Paired differences to the baseline at the largest budget",
        ),
    }
    with one_line_errors(folder):
        figures = [
            WrittenFigure(save_figure(figure, folder / "figures", name)[0], caption)
            for name, (figure, caption) in drawn.items()
        ]
        write_text(folder / "comparison.csv", _csv(rows))
        result = {
            "finished": analysis.runs == analysis.asked,
            "runs": analysis.runs,
            "asked": analysis.asked,
            "retraining_cost": analysis.charge,
            "best_test_accuracy_of_the_table": analysis.best_test_accuracy,
            "exhausted": list(analysis.exhausted),
            "findings": rows,
        }
        write_text(folder / "result.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
        write_page(folder / "report.html", comparison_page(analysis, config, figures, facts))


def as_row(finding: Finding, config: CompareConfig, analysis: ComparisonAnalysis) -> dict[str, Any]:
    """Returns a finding in JSON's types, by `COLUMNS`; accuracies are fractions of 1."""
    value, difference = finding.value, finding.difference
    of_table = analysis.best_test_accuracy if finding.measure == "test_accuracy" else None
    cells = (
        *(finding.contender, finding.budget, config.unit, "paid" if finding.charged else "free", finding.measure),
        *(value.runs, finding.without, value.mean, value.deviation, value.low, value.high),
        None if difference is None else difference.runs,
        None if difference is None else difference.mean,
        None if difference is None else difference.low,
        None if difference is None else difference.high,
        finding.verdict,
        None if of_table is None else of_table - value.mean,
    )
    return dict(zip(COLUMNS, cells, strict=True))


def facts_of(config: CompareConfig, made_with: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a reader may want to know of how the comparison was run."""
    return {"config": dataclasses.asdict(config), **made_with}


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _curve_measure(analysis: ComparisonAnalysis, config: CompareConfig) -> Any:
    """Returns the measure that is known all along: without a table test accuracies are those of the end alone."""
    return analysis.measure if config.table is not None else "validation_accuracy"
