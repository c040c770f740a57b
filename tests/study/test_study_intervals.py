"""Intervals: the middle of the resamples, right as often as they claim, and none from networks so few or so alike."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.study import Coefficient, Interval, analyse, compare_proxies, observations
from econas_jax.study.intervals import MINIMUM_FOR_INTERVAL, coefficient
from econas_jax.study.resampling import resampled_coefficients
from econas_jax.study.table import Row, StudyTable


def same_order(networks: int) -> StudyTable:
    """A proxy in the order of the original setting, its twin, and one in the opposite order."""
    accuracies = {"full": 0.01, "same": 0.02, "twin": 0.005, "turned": -0.01}
    return StudyTable(
        tuple(
            Row(str(number), name, None, None, 0.5 + step * number, None, None)
            for name, step in accuracies.items()
            for number in range(networks)
        )
    )


def test_an_interval_is_the_middle_95_per_cent() -> None:
    found = coefficient(0.5, np.linspace(0, 1, 1001), 20)
    assert found.interval is not None and found.no_interval is None
    assert (found.interval.low, found.interval.high) == pytest.approx((0.025, 0.975))
    assert Interval(-0.1, 0.2).contains_zero and not Interval(0.1, 0.2).contains_zero
    assert str(Interval(-0.123, 0.5)) == "-0.12 to 0.50"
    assert str(Interval(0.99712, 0.99867)) == "0.9971 to 0.9987"  # not 1.00 to 1.00
    assert str(Coefficient(0.998, Interval(0.99712, 0.99867))) == "0.9980 (0.9971 to 0.9987)"


@pytest.mark.parametrize(("low", "high", "sign"), [(0.1, 0.9, 1), (-0.9, -0.1, -1), (-0.1, 0.5, 0), (0.0, 0.9, 0)])
def test_a_sign_is_known_if_the_interval_leaves_out_zero(low: float, high: float, sign: int) -> None:
    assert coefficient(0.3, np.repeat([low, high], 50), 20).sign == sign


@pytest.mark.parametrize("networks", range(3, 10))
def test_few_networks_have_no_interval(networks: int) -> None:
    rng = np.random.default_rng(networks)
    found = coefficient(0.9, rng.uniform(0.8, 1.0, 100), networks)
    if networks < MINIMUM_FOR_INTERVAL:
        assert (found.interval, found.sign) == (None, 0)
        assert found.no_interval == f"{networks} networks are too few, it takes 8"
        assert str(found) == "0.90 (no interval)"
    else:
        assert found.interval is not None and found.sign == 1


@pytest.mark.parametrize("networks", [4, 7, 8, 50])
def test_an_order_that_no_resample_changes_has_no_interval(networks: int) -> None:
    analysis = analyse(same_order(networks), "full", 100)
    for name, value in (("same", 1.0), ("turned", -1.0)):
        for found in (analysis.result(name).rho, analysis.result(name).tau):
            assert found is not None and found.value == pytest.approx(value) and found.interval is None
            assert found.no_interval is not None and "1.00 to 1.00" not in str(found)
            assert found.sign == (value if networks >= MINIMUM_FOR_INTERVAL else 0)
    difference = compare_proxies(analysis, "same", "twin").difference
    assert difference.value == pytest.approx(0) and (difference.interval, difference.sign) == (None, 0)
    assert compare_proxies(analysis, "same", "turned").difference.sign == (networks >= MINIMUM_FOR_INTERVAL)


def test_resamples_without_ranks_are_left_out_of_the_interval() -> None:
    found = coefficient(0.5, np.array([np.nan, 0.4, 0.4, 0.6]), 20)
    assert found.interval is not None and 0.4 <= found.interval.low < found.interval.high <= 0.6
    assert coefficient(0.5, np.array([np.nan, np.nan, 0.5]), 20) == Coefficient(
        0.5, None, "most resamples have only equal networks", 0
    )


def test_an_observation_without_an_interval_says_why() -> None:
    rows = [
        Row(str(number), name, None, None, 0.1 * number + noise * (number % 2), None, None)
        for name, noise in (("c2r2s2e8", 0.0), ("c3r2s2e8", 0.11), ("c2r3s2e8", 0.25))
        for number in range(5)
    ]
    channels = observations(analyse(StudyTable(tuple(rows)), "c2r2s2e8", 50))[1]
    assert channels.verdict == "cannot tell: 5 networks are too few, it takes 8"


@pytest.mark.parametrize("networks", [MINIMUM_FOR_INTERVAL, 40])
def test_intervals_cover_the_true_coefficient(networks: int) -> None:
    """Of normal pairs with Pearson's r the population's Spearman rho is 6 / pi asin(r / 2)."""
    r, trials = 0.7, 150
    truth = 6 / np.pi * np.arcsin(r / 2)
    rng, covered, shown = np.random.default_rng(3), 0, 0
    for trial in range(trials):
        x = rng.normal(size=networks)
        y = r * x + np.sqrt(1 - r**2) * rng.normal(size=networks)
        found = coefficient(0.0, resampled_coefficients(x, [y], 400, trial)[0].rho, networks).interval
        if found is not None:
            shown += 1
            covered += found.low <= truth <= found.high
    assert shown > 0.95 * trials and 0.87 < covered / shown < 1
