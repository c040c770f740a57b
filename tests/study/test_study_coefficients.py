"""Rank coefficients: published values on published data, scipy on ties, a slow re-implementation, bad input."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import scipy.stats

from econas_jax.errors import InputError
from econas_jax.study import (
    RankPair,
    UndefinedError,
    entropy,
    kendall,
    rank_pairs,
    ranks,
    retention,
    spearman,
)

# Hollander and Wolfe, Nonparametric Statistical Methods (1973), p. 187f: Hunter L measure of lightness and a panel's
# score of nine lots of canned tuna; R's help of cor.test prints T = 26 and tau = 0.4444444.
HUNTER = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
PANEL = [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8]
# Wikipedia, Spearman's rank correlation coefficient: rho = -29/165 = -0.175757575...
IQ = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
HOURS = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
# NAG Library, example results of g02bnf (support.nag.com/numeric/cl/nagdoc_fl26.2/examples/baseresults/g02bnfe.r.html):
# three variables with ties in each, both coefficients of every pair to four places.
NAG = (
    [1.7, 2.8, 0.6, 1.8, 0.99, 1.4, 1.8, 2.5, 0.99],
    [1.0, 4.0, 6.0, 9.0, 4.0, 2.0, 9.0, 7.0, 5.0],
    [0.5, 3.0, 2.5, 6.0, 2.5, 5.5, 7.5, 0.0, 3.0],
)
NAG_SPEARMAN = {(0, 1): 0.2246, (0, 2): 0.1186, (1, 2): 0.3814}
NAG_KENDALL = {(0, 1): 0.0294, (0, 2): 0.1176, (1, 2): 0.2353}


def slow_ranks(values: Sequence[float]) -> list[float]:
    """One plus those above, plus half of the equal others."""
    return [
        1 + sum(other > value for other in values) + (sum(other == value for other in values) - 1) / 2
        for value in values
    ]


def slow_spearman(x: Sequence[float], y: Sequence[float]) -> float:
    first, second = slow_ranks(x), slow_ranks(y)
    mean = (len(x) + 1) / 2
    covariance = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    return covariance / math.sqrt(sum((a - mean) ** 2 for a in first) * sum((b - mean) ** 2 for b in second))


def slow_kendall(x: Sequence[float], y: Sequence[float]) -> float:
    difference = untied_x = untied_y = 0
    for i, j in itertools.combinations(range(len(x)), 2):
        a, b = np.sign(x[i] - x[j]), np.sign(y[i] - y[j])
        difference, untied_x, untied_y = difference + int(a * b), untied_x + (a != 0), untied_y + (b != 0)
    return difference / math.sqrt(untied_x * untied_y)


def test_published_coefficients() -> None:
    assert kendall(HUNTER, PANEL) == pytest.approx(0.4444444, abs=5e-8)
    assert spearman(HUNTER, PANEL) == pytest.approx(0.6, abs=5e-8)
    assert spearman(IQ, HOURS) == pytest.approx(-29 / 165, abs=1e-12)


@pytest.mark.parametrize("pair", NAG_SPEARMAN)
def test_published_coefficients_with_ties(pair: tuple[int, int]) -> None:
    x, y = (NAG[variable] for variable in pair)
    assert spearman(x, y) == pytest.approx(NAG_SPEARMAN[pair], abs=5e-5)
    assert kendall(x, y) == pytest.approx(NAG_KENDALL[pair], abs=5e-5)


def test_the_papers_equation_without_ties() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.permutation(50), rng.permutation(50)
    squares = float(((ranks(x.tolist()) - ranks(y.tolist())) ** 2).sum())
    assert spearman(x.tolist(), y.tolist()) == pytest.approx(1 - 6 * squares / (50 * (50**2 - 1)), abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_ties_against_scipy_and_a_slow_implementation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(5, size=12).astype(float).tolist() for _ in range(2))
    assert ranks(x).tolist() == slow_ranks(x)
    assert spearman(x, y) == pytest.approx(slow_spearman(x, y), abs=1e-12)
    assert spearman(x, y) == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-12)
    assert kendall(x, y) == pytest.approx(slow_kendall(x, y), abs=1e-12)
    assert kendall(x, y) == pytest.approx(scipy.stats.kendalltau(x, y).statistic, abs=1e-12)


def test_the_papers_equation_is_biased_by_ties() -> None:
    """Why it is not used as it stands."""
    x, y = [1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]
    by_equation = 1 - 6 * sum((a - b) ** 2 for a, b in zip(slow_ranks(x), slow_ranks(y), strict=True)) / (4 * 15)
    assert spearman(x, y) == pytest.approx(slow_spearman(x, y)) != pytest.approx(by_equation, abs=1e-3)


def test_rank_pairs_are_places_from_the_best() -> None:
    assert rank_pairs([0.9, 0.5, 0.7], [0.1, 0.3, 0.3]) == [RankPair(1, 3), RankPair(3, 1.5), RankPair(2, 1.5)]


def test_retention() -> None:
    original = [0.9, 0.8, 0.7, 0.6, 0.5]
    assert retention(original, original, 2, 2) == 1
    assert retention(original, original[::-1], 2, 3) == 0
    assert retention(original, [0.5, 0.9, 0.8, 0.6, 0.1], 2, 3) == 0.5  # the best is fourth
    # A tie across the border of 2 is not kept; one within it is.
    assert retention(original, [0.9, 0.8, 0.8, 0.1, 0.1], 2, 2) == 0.5
    assert retention(original, [0.8, 0.8, 0.7, 0.1, 0.1], 2, 2) == 1
    # Of equal networks in the original setting the first ones are the best.
    assert retention([0.9, 0.8, 0.8], [0.1, 0.9, 0.2], 2, 2) == 0.5


def test_entropy() -> None:
    assert entropy([0.1, 0.2, 0.7]) == 1
    assert entropy([0.7, 0.2, 0.1]) == -1
    assert entropy([0.0, 1.0, 0.5]) == pytest.approx(0.5 / 1.5)
    assert entropy([0.3, 0.3, 0.3]) is None
    assert entropy([0.3]) is None and entropy([]) is None


@pytest.mark.parametrize("coefficient", [spearman, kendall])
def test_bad_input_is_said(coefficient: Callable[[list[float], list[float]], float]) -> None:
    with pytest.raises(InputError, match=r"networks = 2: expected at least 3 networks"):
        coefficient([0.1, 0.2], [0.1, 0.2])
    with pytest.raises(InputError, match=r"y\[1\] = nan: expected a finite number"):
        coefficient([0.1, 0.2, 0.3], [0.1, math.nan, 0.3])
    with pytest.raises(InputError, match=r"number of accuracies = 2: expected 3, an accuracy for each"):
        coefficient([0.1, 0.2, 0.3], [0.1, 0.2])
    with pytest.raises(UndefinedError, match=r"accuracies y = 0\.1: .* rho is undefined"):
        coefficient([0.1, 0.2, 0.3], [0.1, 0.1, 0.1])
    with pytest.raises(UndefinedError, match="accuracies x"):
        coefficient([0.5, 0.5, 0.5], [0.1, 0.2, 0.3])


@pytest.mark.parametrize(("top", "kept"), [(0, 2), (3, 2), (1, 4), (1, 0)])
def test_retention_of_impossible_sizes(top: int, kept: int) -> None:
    with pytest.raises(InputError):
        retention([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], top, kept)
