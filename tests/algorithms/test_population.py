"""Parents and deaths, on populations made by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from toy_search import LARGE

from econas_jax.algorithms import Member
from econas_jax.algorithms.econas.population import parent_populations, remove_dead, tournament


def make_member(candidate: int, accuracy: float, updated: int = 0) -> Member:
    return Member(candidate, LARGE.genotype([0, 0, 0, 0]), None, accuracy, rung=1, updated=updated)


def test_shares_of_empty_populations_go_to_the_next_lower_then_higher() -> None:
    first, second, third = (make_member(0, 0.1),), (make_member(1, 0.2),), (make_member(2, 0.3),)

    def sources(*populations: tuple[Member, ...]) -> list[int | None]:
        chosen = parent_populations((populations[0], populations[1], populations[2]), (3, 2, 1))
        return [population[0].candidate if population else None for population in chosen]

    assert sources(first, second, third) == [0, 0, 0, 1, 1, 2]
    assert sources(first, second, ()) == [0, 0, 0, 1, 1, 1]
    assert sources(first, (), third) == [0, 0, 0, 0, 0, 2]
    assert sources((), second, third) == [1, 1, 1, 1, 1, 2]
    assert sources(first, (), ()) == [0] * 6
    assert sources((), (), third) == [2] * 6
    assert sources((), (), ()) == [None] * 6


def test_tournament_prefers_the_better_ranks() -> None:
    """With replacement, the best of k draws has rank r of n (best 0) with probability ((n-r)^k - (n-r-1)^k) / n^k."""
    population = tuple(make_member(candidate, accuracy=candidate / 10) for candidate in range(8))
    rng = np.random.default_rng(0)
    wins = Counter(tournament(population, divisor=4, rng=rng).candidate for _ in range(20_000))
    for candidate in range(8):
        expected = ((candidate + 1) ** 3 - candidate**3) / 8**3
        assert wins[candidate] / 20_000 == pytest.approx(expected, abs=0.01)


def test_death_comes_after_the_lifetime() -> None:
    old, recent = make_member(0, 0.9, updated=5), make_member(1, 0.1, updated=6)
    assert remove_dead(((old, recent), (old,), ()), cycle=14, lifetime=10) == ((old, recent), (old,), ())
    assert remove_dead(((old, recent), (old,), ()), cycle=15, lifetime=10) == ((recent,), (), ())
