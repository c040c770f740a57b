"""Local search on landscapes whose optima are known."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from toy_search import LARGE, TINY, last_state, made_up, run

from econas_jax.algorithms import LocalSearch, LocalSearchConfig
from econas_jax.algorithms.drawing import function_of
from econas_jax.errors import InputError
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.nasbench201 import Genotype as NasBench201
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.spaces.space import Space

SPACE: Any = LARGE


def height(genotype: Any, epochs: int) -> float:
    """Has one optimum, all operations the last one; a step towards it is always up."""
    return sum(SPACE.places(genotype)) / 21


def test_a_slope_leads_straight_to_its_top() -> None:
    algorithm = LocalSearch(SPACE, LocalSearchConfig(rounds=8, starts=1, batch=20, epochs=2), 0)
    centres = []
    for _, _, state in run(algorithm, height):
        if state.centre is None:
            break  # at the top
        centres.append(SPACE.places(state.centre.genotype))
    # A neighbourhood of 4 x 5 genotypes is one round, and each move takes one edge to its best operation at once.
    assert len(centres) == 1 + sum(place != 5 for place in centres[0])
    for one, other in pairwise(centres):
        assert sum(a != b for a, b in zip(one, other, strict=True)) == 1
    assert centres[-1] == [5, 5, 5, 5]
    assert SPACE.places(algorithm.best(state, 1)[0].genotype) == [5, 5, 5, 5]


def test_every_neighbour_is_trained_before_the_best_becomes_the_centre() -> None:
    algorithm = LocalSearch(SPACE, LocalSearchConfig(rounds=60, starts=3, batch=7, epochs=2), 1)
    previous = algorithm.init()
    for _, trials, state in run(algorithm, made_up):
        if previous.centre is not None and state.centre != previous.centre:
            neighbours = [function_of(SPACE, g) for g in SPACE.neighbours(previous.centre.genotype)]
            assert set(neighbours) <= state.seen
            known = {function_of(SPACE, member.genotype): member.accuracy for member in state.members}
            best = max(known[function] for function in neighbours)
            if best <= previous.centre.accuracy:
                assert state.centre is None  # a local optimum
            elif state.centre is not None:
                assert state.centre.accuracy >= best  # further up where a whole neighbourhood was known already
        if previous.round > 0 and previous.centre is None:
            assert [trial.parent for trial in trials] == [None]
        previous = state
    assert len({trial.parent for _, batch, _ in run(algorithm, made_up) for trial in batch}) > 3


def test_a_small_space_is_searched_through() -> None:
    config = LocalSearchConfig(rounds=40, starts=1, batch=2, epochs=6)
    state = last_state(LocalSearch(TINY, config, 0), made_up)
    assert len(state.seen) == TINY.size() == 16


def test_the_sizes_of_neighbourhoods() -> None:
    """Counts, where a node may read one input twice: 2 cells x 2 edges x (1 + 2 + 3 + 4) other inputs."""
    cases: list[tuple[Space[Any], int, int]] = [
        (NasBench201Space(), 6 * 4, 0),
        (DartsSpace(), 16 * 7, 40),
        (DartsSpace(operations=DartsSpace().operations[1:]), 16 * 6, 40),
    ]
    for space, operations, inputs in cases:
        genotype = space.sample(np.random.default_rng(0))
        assert len(list(space.neighbours(genotype))) == operations + inputs


@pytest.mark.parametrize(("field", "value"), [("rounds", -1), ("starts", 0), ("batch", 0), ("epochs", 0)])
def test_impossible_constants(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        LocalSearchConfig(**{field: value})
    assert caught.value.field == field


def test_neighbours_of_one_function_are_one() -> None:
    space = NasBench201Space(operations=("none", "skip_connect"))  # 64 genotypes
    state = last_state(LocalSearch(space, LocalSearchConfig(rounds=40, starts=2, batch=4, epochs=1), 0), made_up)
    functions = {function_of(space, NasBench201(edges)) for edges in product(space.operations, repeat=6)}
    assert len(functions) < 64
    assert sorted(function_of(space, member.genotype) for member in state.members) == sorted(functions)
    assert state.skipped_repeats > 0
