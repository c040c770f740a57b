"""Generators by counters against NumPy's own."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.algorithms.seeding import MASK, PLACES, ROUNDS, generator

EDGES = [
    (0, 0, 0),
    (0, ROUNDS - 1, PLACES - 1),
    (0, ROUNDS, PLACES),
    (MASK, MASK, MASK),
    (MASK + 1, 0, 0),
    (0, MASK + 1, 0),
    (0, 0, MASK + 1),
]
DRAWN = [tuple(row) for high in (200, 2**32) for row in np.random.default_rng(0).integers(high, size=(50, 3)).tolist()]


@pytest.mark.parametrize("counters", EDGES + DRAWN)
def test_a_generator_is_the_one_that_numpy_makes(counters: tuple[int, int, int]) -> None:
    ours, theirs = generator(*counters), np.random.default_rng(counters)
    assert ours.bit_generator.state == theirs.bit_generator.state
    assert ours.integers(100, size=9).tolist() == theirs.integers(100, size=9).tolist()


def test_two_generators_of_the_same_counters_share_nothing() -> None:
    first, second = generator(1, 2, 3), generator(1, 2, 3)
    assert first.random(4).tolist() == second.random(4).tolist()
