"""Findings in words and numbers as people read them: in percent, differences in percentage points."""

from __future__ import annotations

from econas_jax.compare.analysis import ComparisonAnalysis, Finding, Measure
from econas_jax.compare.config import CompareConfig, Unit
from econas_jax.compare.statistics import Estimate
from econas_jax.experiment.text import percent

HEADER = ("contender", "budget", "retraining", "runs", "mean", "deviation", "95 % interval", "difference", "verdict")
MEASURE_NAMES: dict[Measure, str] = {"test_accuracy": "test accuracy", "validation_accuracy": "validation accuracy"}


def budget_text(budget: float, unit: Unit) -> str:
    """Returns a budget with its unit."""
    return f"{budget:,.10g} {unit}"


def interval_text(estimate: Estimate, sign: bool = False) -> str:
    """Returns an interval in percent; sign: with plus and minus, as of a difference."""
    if estimate.low is None or estimate.high is None:
        return "-"
    style = "+.2f" if sign else ".2f"
    return f"{100 * estimate.low:{style}} to {100 * estimate.high:{style}}"


def difference_text(difference: Estimate | None) -> str:
    """Returns a paired difference in percentage points with its interval."""
    if difference is None:
        return "-"
    return f"{100 * difference.mean:+.2f} ({interval_text(difference, sign=True)})"


def row(finding: Finding, config: CompareConfig) -> list[str]:
    """Returns a finding's cells under `HEADER`."""
    value = finding.value
    return [
        finding.contender,
        budget_text(finding.budget, config.unit),
        "paid" if finding.charged else "free",
        str(value.runs),
        percent(value.mean),
        "-" if value.deviation is None else f"{100 * value.deviation:.2f}",
        interval_text(value),
        difference_text(finding.difference),
        finding.verdict,
    ]


def summary(analysis: ComparisonAnalysis, config: CompareConfig) -> list[str]:
    """Returns what the largest budget says, a sentence for the best mean and one for each contender."""
    if not analysis.findings:
        return ["No run has a value yet."]
    lines = [f"{analysis.runs} of {analysis.asked} runs."] if analysis.runs < analysis.asked else []
    for finding in last_findings(analysis, config):
        lines.append(sentence(finding, config))
    for name in analysis.exhausted:
        lines.append(f"{name} had trained all that the space holds for it before a budget was spent.")
    return lines


def last_findings(analysis: ComparisonAnalysis, config: CompareConfig) -> list[Finding]:
    """Returns the findings at the largest budget by the measure that counts, retraining free, the best mean first."""
    found = [
        finding
        for finding in analysis.findings
        if (finding.budget, finding.charged, finding.measure) == (config.budgets[-1], False, analysis.measure)
    ]
    return sorted(found, key=lambda finding: -finding.value.mean)


def sentence(finding: Finding, config: CompareConfig) -> str:
    """Returns a finding as a sentence; where the interval of the difference contains 0, it shows no difference."""
    value = f"{finding.contender}: {MEASURE_NAMES[finding.measure]} {percent(finding.value.mean)}"
    if finding.value.low is not None:
        value += f" (95 % interval {interval_text(finding.value)})"
    value += f" after {budget_text(finding.budget, config.unit)}, {finding.value.runs} runs"
    difference = finding.difference
    if difference is None:
        return f"{value}; the baseline."
    if difference.low is None:
        return f"{value}; {finding.verdict}."
    text = f"{100 * difference.mean:+.2f} points ({interval_text(difference, sign=True)})"
    return f"{value}; {finding.verdict}: {text} against {config.baseline}."
