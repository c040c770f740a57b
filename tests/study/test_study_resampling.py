"""The bootstrap: resamples sum up, coefficients of resamples are scipy's, intervals cover what they should."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from econas_jax.study.resampling import Interval, interval, kendall_resampled, resample, spearman_resampled


@pytest.mark.parametrize("seed", range(3))
def test_coefficients_of_resamples_are_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(6, size=10).astype(float), rng.integers(6, size=10).astype(float)  # with ties
    counts = resample(10, 40, seed)
    rhos, taus = spearman_resampled(x, y, counts), kendall_resampled(x, y, counts)
    for times, rho, tau in zip(counts.astype(int), rhos, taus, strict=True):
        drawn = np.repeat(np.arange(10), times)
        if len(set(x[drawn])) == 1 or len(set(y[drawn])) == 1:
            assert np.isnan(rho) and np.isnan(tau)
            continue
        assert rho == pytest.approx(scipy.stats.spearmanr(x[drawn], y[drawn]).statistic, abs=1e-9)
        assert tau == pytest.approx(scipy.stats.kendalltau(x[drawn], y[drawn]).statistic, abs=1e-9)


def test_resamples_draw_as_many_networks_and_depend_on_the_seed_alone() -> None:
    counts = resample(7, 500, 1)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.mean() == 1 and counts.std() > 0.5
    np.testing.assert_array_equal(counts, resample(7, 500, 1))
    assert (counts != resample(7, 500, 2)).any()


def test_resamples_without_ranks_are_left_out_of_the_interval() -> None:
    x, counts = np.array([0.1, 0.2, 0.3]), np.array([[3.0, 0, 0], [1, 1, 1], [0, 2, 1]])
    values = spearman_resampled(x, x, counts)
    assert np.isnan(values[0]) and values[1:] == pytest.approx([1, 1])
    assert np.isnan(kendall_resampled(x, x, counts)[0])
    found = interval(values)
    assert found is not None and (found.low, found.high) == pytest.approx((1, 1))
    assert interval(np.array([np.nan, np.nan, 0.5])) is None


def test_an_interval_is_the_middle_95_per_cent() -> None:
    found = interval(np.linspace(0, 1, 1001))
    assert found is not None and (found.low, found.high) == pytest.approx((0.025, 0.975))
    assert Interval(-0.1, 0.2).contains_zero and not Interval(0.1, 0.2).contains_zero
    assert str(Interval(-0.123, 0.5)) == "-0.12 to 0.50"


def test_intervals_cover_the_true_coefficient() -> None:
    """Of normal pairs with Pearson's r the population's Spearman rho is 6 / pi asin(r / 2)."""
    r, networks, trials = 0.7, 40, 150
    truth = 6 / np.pi * np.arcsin(r / 2)
    rng, covered = np.random.default_rng(3), 0
    for trial in range(trials):
        x = rng.normal(size=networks)
        y = r * x + np.sqrt(1 - r**2) * rng.normal(size=networks)
        found = interval(spearman_resampled(x, y, resample(networks, 400, trial)))
        assert found is not None
        covered += found.low <= truth <= found.high
    assert 0.87 < covered / trials < 1
