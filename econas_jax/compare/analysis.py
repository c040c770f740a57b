"""What the runs say: each contender at each budget, beside the baseline with the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from econas_jax.compare.config import CompareConfig
from econas_jax.compare.run_file import Runs
from econas_jax.compare.run_record import RunRecord
from econas_jax.compare.statistics import Estimate, estimate

Measure = Literal["test_accuracy", "validation_accuracy"]
MEASURES: tuple[Measure, ...] = ("test_accuracy", "validation_accuracy")


@dataclass(frozen=True)
class Finding:
    """A contender at a budget, by one measure; accuracies are fractions of 1.

    difference: to the baseline, run by run of one seed; None for the baseline itself, and where no seed has both.
    """

    contender: str
    budget: float
    charged: bool  # whether the full training of the best is paid out of the budget
    measure: Measure
    value: Estimate
    difference: Estimate | None
    without: int  # runs that had no such value when the budget was spent

    @property
    def verdict(self) -> str:
        """What the difference says, in words."""
        if self.difference is None:
            return "baseline"
        if self.difference.low is None:
            return "one pair of runs: nothing can be said"
        return {1: "better", -1: "worse", 0: "no difference shown"}[self.difference.sign]


@dataclass(frozen=True)
class ComparisonAnalysis:
    """Everything that a comparison reports."""

    findings: tuple[Finding, ...]
    runs: int
    asked: int  # runs when all are there
    charge: float | None  # of full training in the budgets' unit; None: not known
    best_test_accuracy: float | None  # that the table knows; None without one
    exhausted: tuple[str, ...]  # contenders that used the space up before a budget

    @property
    def measure(self) -> Measure:
        """The measure that counts: the test accuracy where it is known."""
        known = {finding.measure for finding in self.findings}
        return "test_accuracy" if "test_accuracy" in known else "validation_accuracy"


def analyse(config: CompareConfig, runs: Runs, charge: float | None, best: float | None = None) -> ComparisonAnalysis:
    """Returns all findings that the runs of the config's contenders and seeds have values for.

    charge: of full training in the budgets' unit; best: the table's best test accuracy.
    """
    wanted = {key: record for key, record in runs.items() if key[0] in config.contenders and key[1] < config.seeds}
    findings = []
    for charged in (False, True) if charge else (False,):
        for budget in config.budgets:
            left = budget - (charge or 0.0) if charged else budget
            for measure in MEASURES:
                values = _values(config, wanted, left, measure)
                for name in config.contenders:
                    finding = _finding(config, values, name, budget, charged, measure)
                    findings += [] if finding is None else [finding]
    exhausted = [name for name in config.contenders if any(r.exhausted for k, r in wanted.items() if k[0] == name)]
    asked = len(config.contenders) * config.seeds
    return ComparisonAnalysis(tuple(findings), len(wanted), asked, charge, best, tuple(exhausted))


def value_of(record: RunRecord, budget: float, config: CompareConfig, measure: Measure) -> float | None:
    """Returns a run's value when the budget was spent; None where there is none."""
    read = record.test_accuracy if measure == "test_accuracy" else record.validation_accuracy
    return read(budget, config.unit)


Values = dict[tuple[str, int], float | None]


def _values(config: CompareConfig, runs: Runs, budget: float, measure: Measure) -> Values:
    return {key: value_of(record, budget, config, measure) for key, record in runs.items()}


def _finding(
    config: CompareConfig, values: Values, name: str, budget: float, charged: bool, measure: Measure
) -> Finding | None:
    own = {seed: value for (contender, seed), value in values.items() if contender == name}
    known: dict[int, float] = {seed: value for seed, value in own.items() if value is not None}
    value = estimate(_in_order(known))
    if value is None:
        return None
    base = {seed: value for (contender, seed), value in values.items() if contender == config.baseline}
    pairs = {seed: known[seed] - other for seed, other in base.items() if seed in known and other is not None}
    difference = None if name == config.baseline else estimate(_in_order(pairs))
    return Finding(name, budget, charged, measure, value, difference, len(own) - len(known))


def _in_order(by_seed: dict[int, float]) -> Sequence[float]:
    """Returns the values by their seeds, whatever order the runs came in: sums of floats depend on it."""
    return [by_seed[seed] for seed in sorted(by_seed)]
