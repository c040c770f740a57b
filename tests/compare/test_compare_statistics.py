"""Intervals against SciPy's and against a published table of Student's t; findings against pairs made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from small_comparison import comparison

from econas_jax.compare.analysis import analyse
from econas_jax.compare.run_record import Full, RunRecord, TracePoint, from_line, to_line
from econas_jax.compare.statistics import estimate, half_width


@pytest.mark.parametrize("runs", [2, 3, 10, 30])
def test_the_interval_is_students(runs: int) -> None:
    values = np.random.default_rng(runs).normal(0.9, 0.02, runs)
    found = estimate(values.tolist())
    assert found is not None and found.low is not None and found.high is not None
    low, high = stats.t.interval(0.95, runs - 1, loc=values.mean(), scale=stats.sem(values))
    assert found.runs == runs and found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(low) and found.high == pytest.approx(high)
    assert found.deviation == pytest.approx(np.std(values, ddof=1))


def test_students_t_of_the_books() -> None:
    assert half_width(1.0, 3) == pytest.approx(4.303 / 3**0.5, rel=1e-3)
    assert half_width(1.0, 30) == pytest.approx(2.045 / 30**0.5, rel=1e-3)


def test_no_interval_of_one_value_and_nothing_of_none() -> None:
    assert estimate([]) is None
    one = estimate([0.5])
    assert one is not None and (one.mean, one.low, one.high, one.sign) == (0.5, None, None, 0)


def run_of(contender: str, seed: int, *points: tuple[int, float], test: float | None = None) -> RunRecord:
    """A run with one candidate a point: (epochs, validation accuracy)."""
    trace = tuple(
        TracePoint(epochs, 2.0 * epochs, accuracy, (place,)) for place, (epochs, accuracy) in enumerate(points)
    )
    full = {} if test is None else {place: Full(accuracy, test) for place, (_, accuracy) in enumerate(points)}
    texts = {place: f"genotype {place}" for place in range(len(points))}
    return RunRecord(contender, seed, len(points), 100, 200.0, trace, texts, full)


def test_a_run_is_read_where_its_budget_was_spent() -> None:
    run = run_of("random", 0, (10, 0.5), (30, 0.7))
    for budget, value in ((9.9, None), (10, 0.5), (29, 0.5), (30, 0.7), (100, 0.7)):
        assert run.validation_accuracy(budget, "epochs") == value
        assert run.validation_accuracy(2 * budget, "seconds") == value
    assert run.test_accuracy(100, "epochs") is None  # nothing was trained in full
    assert from_line(to_line(run)) == run


def test_the_answer_is_the_best_of_the_leaders_after_full_training_by_validation() -> None:
    trace = (TracePoint(10, 10.0, 0.9, (4, 7, 8)),)
    full = {4: Full(0.80, 0.79), 7: Full(0.85, 0.81), 8: Full(None, 0.99)}  # the last diverged
    run = RunRecord("econas", 0, 3, 10, 10.0, trace, {4: "a", 7: "b", 8: "c"}, full)
    assert run.test_accuracy(10, "epochs") == 0.81
    assert from_line(to_line(run)) == run


def test_differences_are_of_runs_with_the_same_seed() -> None:
    config = comparison(None, "econas", "random", budgets=(50,), seeds=3)
    runs = [run_of("random", seed, (10, 0.5 + 0.1 * seed)) for seed in (2, 0, 1)]
    runs += [run_of("econas", seed, (10, 0.52 + 0.1 * seed)) for seed in (1, 0)]  # of seed 2 there is none yet
    found = analyse(config, {(run.contender, run.seed): run for run in runs}, charge=None)
    ours, base = sorted(found.findings, key=lambda finding: finding.contender)
    assert (found.runs, found.asked, found.measure) == (5, 6, "validation_accuracy")
    assert base.difference is None and base.verdict == "baseline" and base.value.mean == pytest.approx(0.6)
    assert ours.difference is not None and ours.difference.runs == 2
    # Seeds differ by 0.1, pairs by 0.02 each: the difference is certain although the means' intervals overlap widely.
    assert ours.difference.mean == pytest.approx(0.02) and ours.verdict == "better"
    assert ours.value.low is not None and base.value.high is not None and ours.value.low < base.value.high


def test_an_interval_with_0_shows_no_difference() -> None:
    config = comparison(None, "econas", "random", budgets=(50,), seeds=3)
    runs = [run_of("random", seed, (10, 0.5)) for seed in range(3)]
    runs += [run_of("econas", seed, (10, accuracy)) for seed, accuracy in enumerate((0.6, 0.45, 0.55))]
    found = analyse(config, {(run.contender, run.seed): run for run in runs}, charge=None)
    assert [finding.verdict for finding in found.findings if finding.contender == "econas"] == ["no difference shown"]


def test_what_is_paid_for_retraining_ends_the_search_earlier() -> None:
    config = comparison(None, "econas", "random", budgets=(50,), seeds=1, baseline="econas")
    runs = {(name, 0): run_of(name, 0, (10, 0.5), (45, 0.7), test=0.6) for name in ("econas", "random")}
    found = analyse(config, runs, charge=20.0)
    values = {(each.charged, each.measure): each.value.mean for each in found.findings if each.contender == "random"}
    assert values == {
        (False, "test_accuracy"): 0.6,
        (False, "validation_accuracy"): 0.7,
        (True, "test_accuracy"): 0.6,
        (True, "validation_accuracy"): 0.5,
    }
