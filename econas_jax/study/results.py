"""What a study leaves besides its table: `analysis.json`, `figures/`, `report.html`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.figures.page import write_page
from econas_jax.files import write_text
from econas_jax.study.analysis import Analysis, ProxyResult, SizeResult, analyse
from econas_jax.study.comparisons import Observation, compare_with_size, observations
from econas_jax.study.intervals import Coefficient
from econas_jax.study.recommendation import Recommendation, recommend
from econas_jax.study.recommendation_text import below_zero
from econas_jax.study.report.figures import write_study_figures
from econas_jax.study.report.page import study_page
from econas_jax.study.resampling import Progress
from econas_jax.study.table import StudyTable


class StudyOutcome(NamedTuple):
    """What a study says, and where its report is."""

    analysis: Analysis
    recommendation: Recommendation
    report: Path


def write_results(
    folder: Path,
    table: StudyTable,
    original: str,
    margin: float,
    resamples: int,
    seed: int,
    facts: Mapping[str, Any],
    progress: Progress = lambda done, total: None,
) -> StudyOutcome:
    """Analyses the table and writes everything; facts: what it was made with, in JSON's types; progress: `analyse`'s.

    Raises InputError for a table that cannot be analysed and a folder that cannot be written.
    """
    analysis = analyse(table, original, resamples, seed, progress)
    recommendation = recommend(analysis, margin)
    with refused_if_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        figures = write_study_figures(folder / "figures", table, analysis, recommendation)
        numbers = json.dumps(to_json(analysis, recommendation), indent=2, allow_nan=False)
        write_text(folder / "analysis.json", numbers + "\n")
        write_page(folder / "report.html", study_page(analysis, recommendation, figures, facts))
    return StudyOutcome(analysis, recommendation, folder / "report.html")


def to_json(analysis: Analysis, recommendation: Recommendation) -> dict[str, Any]:
    """All numbers of an analysis in plain JSON types; None for what is undefined or not known."""
    return {
        "original": analysis.original,
        "original_accuracy": analysis.original_accuracy,
        "networks": analysis.networks,
        "left_out": list(analysis.left_out),
        "recommendation": {
            "proxy": None if recommendation.proxy is None else recommendation.proxy.name,
            "best": recommendation.best.name,
            "margin": recommendation.margin,
            "cost": recommendation.cost,
            "not_told_apart": list(recommendation.not_told_apart),
            "text": recommendation.text,
        },
        "warnings": below_zero(analysis),
        "proxies": [_proxy(result) for result in analysis.proxies],
        "sizes": [_size(analysis, size) for size in analysis.sizes],
        "observations": [_observation(observation) for observation in observations(analysis)],
    }


def _proxy(result: ProxyResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "spearman": _coefficient(result.rho),
        "kendall": _coefficient(result.tau),
        "undefined": result.undefined,
        "chance": result.chance,
        "retention": [kept._asdict() for kept in result.retention],
        "acceleration": dict(result.acceleration),
        "mean_accuracy": result.mean_accuracy,
        "train_less_validation_accuracy": result.gap,
    }


def _size(analysis: Analysis, size: SizeResult) -> dict[str, Any]:
    comparisons = [compare_with_size(analysis, result.name, size) for result in analysis.ranked]
    return {
        "name": size.name,
        "spearman": _coefficient(size.rho),
        "kendall": _coefficient(size.tau),
        "proxies": [
            {"name": found.first, "difference": _coefficient(found.difference), "better": found.difference.sign > 0}
            for found in comparisons
        ],
    }


def _observation(observation: Observation) -> dict[str, Any]:
    return {
        "claim": observation.claim,
        "verdict": observation.verdict,
        "mean_difference": _coefficient(observation.mean),
        "pairs": [
            {"first": pair.first, "second": pair.second, "difference": _coefficient(pair.difference)}
            for pair in observation.pairs
        ],
    }


def _coefficient(coefficient: Coefficient | None) -> dict[str, Any] | None:
    if coefficient is None:
        return None
    interval = coefficient.interval
    if interval is None:
        return {"value": coefficient.value, "interval": None, "no_interval": coefficient.no_interval}
    return {"value": coefficient.value, "interval": [interval.low, interval.high]}
