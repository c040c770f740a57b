"""Ranking, tournaments and the best functions, on members made by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from toy_search import LARGE, make_member

from econas_jax.algorithms import Result, Trial
from econas_jax.algorithms.selection import best_distinct, best_ranked, completed_members, ranked, tournament


def test_of_equal_accuracies_the_older_candidate_is_better() -> None:
    members = [make_member(3, 0.5), make_member(1, 0.5), make_member(2, 0.9), make_member(0, 0.1)]
    assert [member.candidate for member in ranked(members)] == [2, 1, 3, 0]


@pytest.mark.parametrize("count", range(-1, 14))
def test_the_first_ranks_are_found_without_the_others(count: int) -> None:
    """Also where the accuracy of the last of them is shared: of twelve members two and more have the same."""
    drawn = np.random.default_rng(4).integers(5, size=12) / 10
    members = [make_member(candidate, float(accuracy)) for candidate, accuracy in zip(range(12), drawn, strict=True)]
    expected = sorted(members, key=lambda member: (-member.accuracy, member.candidate))[: max(count, 0)]
    assert best_ranked(members[::-1], count) == expected


def test_tournament_prefers_the_better_ranks() -> None:
    """With replacement, the best of k draws has rank r of n (best 0) with probability ((n-r)^k - (n-r-1)^k) / n^k."""
    population = tuple(make_member(candidate, accuracy=candidate / 10) for candidate in range(8))
    rng = np.random.default_rng(0)
    wins = Counter(tournament(population, 3, rng).candidate for _ in range(20_000))
    for candidate in range(8):
        expected = ((candidate + 1) ** 3 - candidate**3) / 8**3
        assert wins[candidate] / 20_000 == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("accuracy", [None, math.nan, math.inf, -math.inf])
def test_only_trials_with_an_accuracy_make_members(accuracy: float | None) -> None:
    genotype = LARGE.genotype([0, 1, 2, 3])
    trials = [Trial(candidate, genotype, 5, 7, "children", 10, 20) for candidate in (8, 9)]
    (member,) = completed_members(zip(trials, [Result(8, accuracy), Result(9, 0.25)], strict=True))
    assert member == make_member(9, 0.25, updated=7, epochs=20, places=[0, 1, 2, 3], parent=5)


def test_the_best_are_distinct_functions_of_the_first_pool_then_of_the_next() -> None:
    twin = [1, 0, 2, 3]
    first = [make_member(0, 0.4), make_member(1, 0.6, places=twin), make_member(2, 0.7, places=twin)]
    second = [make_member(3, 0.9, places=twin), make_member(4, 0.8, places=[5, 5, 5, 5])]
    assert [member.candidate for member in best_distinct(LARGE, [first, second], 5)] == [2, 0, 4]
    assert [member.candidate for member in best_distinct(LARGE, [first, second], 2)] == [2, 0]
    assert best_distinct(LARGE, [first, second], 0) == best_distinct(LARGE, [], 5) == ()
