"""The report of a study: recommendation, all proxies, figures, the paper's observations, how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from econas_jax.experiment.text import percent
from econas_jax.figures.figure_files import WrittenFigure
from econas_jax.figures.page import Page, PageTable, Section
from econas_jax.study.analysis import Analysis, ProxyResult, SizeResult
from econas_jax.study.comparisons import Observation, observations
from econas_jax.study.recommendation import Recommendation, previous_proxies
from econas_jax.study.recommendation_text import SIZE_NAMES, below_zero, no_better_than_size


def study_page(
    analysis: Analysis, recommendation: Recommendation, figures: Sequence[WrittenFigure], facts: Mapping[str, Any]
) -> Page:
    """Returns the page; facts: what the study was made with, in JSON's types."""
    return Page(
        title=f"Which proxy keeps the ranks of {analysis.original}?",
        summary=[recommendation.text],
        sections=[
            Section("All proxies", _remarks(analysis), [_table(analysis, recommendation)]),
            Section("Figures", figures=figures),
            Section(
                "The paper's two observations",
                [f"{observation.claim}: {observation.verdict}." for observation in observations(analysis)],
                [_comparisons(observation) for observation in observations(analysis) if observation.pairs],
            ),
            Section("Previous proxies", [line + "." for line in previous_proxies(analysis)]),
            Section("How it was run", texts=[json.dumps(facts, indent=2, ensure_ascii=False)]),
        ],
    )


def _remarks(analysis: Analysis) -> list[str]:
    remarks = [
        f"{analysis.networks} networks; mean accuracy in the original setting {percent(analysis.original_accuracy)}. "
        "In brackets: 95 % bootstrap intervals over networks.",
        *below_zero(analysis),
        *no_better_than_size(analysis, list(analysis.ranked)),
    ]
    reasons = {result.rho.no_interval for result in analysis.ranked if result.rho is not None} - {None}
    remarks += [f"Where a coefficient has no interval: {reason}." for reason in sorted(map(str, reasons))]
    if analysis.left_out:
        remarks.append(f"Left out, because they lack networks: {', '.join(analysis.left_out)}.")
    return remarks


def _table(analysis: Analysis, recommendation: Recommendation) -> PageTable:
    kept = [f"best {size.top} in best {size.kept}" for size in analysis.proxies[0].retention]
    header = ["proxy", "Spearman ρ", "Kendall τ-b", *kept, "times fewer multiply-adds", "times fewer seconds"]
    by_rho = sorted(analysis.proxies, key=lambda result: -(result.rho.value if result.rho else -2))
    header += ["mean accuracy", "train less validation"]
    return PageTable(
        header=header,
        rows=[*map(_row, by_rho), *(_size_row(size, len(header)) for size in analysis.sizes)],
        marked=None if recommendation.proxy is None else by_rho.index(recommendation.proxy),
    )


def _size_row(size: SizeResult, columns: int) -> list[str]:
    row = [f"number of {SIZE_NAMES[size.name]}, no training", str(size.rho), str(size.tau)]
    return row + ["–"] * (columns - len(row))


def _row(result: ProxyResult) -> list[str]:
    undefined = "undefined: all equal"
    multiply_adds = result.acceleration["multiply_adds"]
    nominal = result.acceleration["nominal"]
    cost = _times(multiply_adds) if multiply_adds is not None or nominal is None else f"{_times(nominal)} (nominal)"
    return [
        result.name,
        undefined if result.rho is None else str(result.rho),
        undefined if result.tau is None else str(result.tau),
        *(f"{100 * kept.share:.0f} %" for kept in result.retention),
        cost,
        _times(result.acceleration["seconds"]),
        percent(result.mean_accuracy),
        "–" if result.gap is None else f"{100 * result.gap:+.1f} points",
    ]


def _comparisons(observation: Observation) -> PageTable:
    rows = [[pair.first, pair.second, str(pair.difference)] for pair in observation.pairs]
    return PageTable(
        header=[observation.first, observation.second, "difference of ρ"],
        rows=[*rows, ["mean", "", str(observation.mean)]],
        marked=len(rows),
    )


def _times(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
