"""The representative computes the same function with the weights on other edges; with the network: tests/nn."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest

from econas_jax.spaces.nasbench201.canonical import canonical_operations
from econas_jax.spaces.nasbench201.genotype import OPERATIONS

Operations = tuple[str, ...]
Array = npt.NDArray[np.float64]

RNG = np.random.default_rng(0)
INPUT = RNG.standard_normal(3)
POOL = RNG.uniform(0, 1, (3, 3))  # linear, and zero for zero
WEIGHTS, SHIFTS = RNG.standard_normal((6, 3, 3)), RNG.standard_normal((6, 3))  # of each edge
IDENTITY = np.arange(6)[None]
PERMUTATIONS = np.array(list(itertools.permutations(range(6))))

NONE, SKIP, CONV1, CONV3, MEAN = OPERATIONS


def outputs(operations: Operations, weights: npt.NDArray[np.int64]) -> Array:
    """The cell on vectors, with the weights of edge weights[:, e] at edge e: [choices, 3].

    A convolution has a value at zero, as the shift of a normalisation gives it.
    """

    def edge(place: int, x: Array) -> Array:
        chosen = weights[:, place]
        match operations[place]:
            case "none":
                return np.zeros_like(x)
            case "skip_connect":
                return x
            case "avg_pool_3x3":
                return x @ POOL
            case "nor_conv_1x1":
                return np.tanh(WEIGHTS[chosen, 1] * x) + SHIFTS[chosen]
            case _:
                return np.tanh(np.einsum("pij,pj->pi", WEIGHTS[chosen], x)) + SHIFTS[chosen]

    zero = np.broadcast_to(INPUT, (len(weights), 3))
    one = edge(0, zero)
    two = edge(1, zero) + edge(2, one)
    return edge(3, zero) + edge(4, one) + edge(5, two)


def same_function(one: Operations, other: Operations) -> bool:
    """Whether other is one with the weights given to other edges."""
    errors = np.abs(outputs(other, PERMUTATIONS) - outputs(one, IDENTITY)).max(1)
    return bool(errors.min() < 1e-9)


def test_every_representative_computes_the_same_function() -> None:
    every = list(itertools.product(OPERATIONS, repeat=6))
    changed = [(one, form) for one in every if (form := canonical_operations(one)) != one]
    assert len(changed) > 7000
    for one, form in changed[::20]:
        assert same_function(one, form), (one, form)
        assert canonical_operations(form) == form
    # Each representative costs no more, so that what is merged is the cheaper one.
    for one, form in changed:
        spent = Counter(one)
        assert all(count <= spent[name] for name, count in Counter(form).items() if name != NONE)


def test_the_check_above_sees_differences() -> None:
    # A convolution of nothing is a constant; two convolutions are not one taken twice; means do not commute with ReLU.
    assert not same_function((NONE, NONE, NONE, NONE, CONV3, NONE), (NONE,) * 6)
    assert not same_function((CONV3, SKIP, NONE, NONE, SKIP, SKIP), (SKIP, CONV3, NONE, CONV3, NONE, SKIP))
    assert not same_function((CONV1, NONE, MEAN, NONE, NONE, SKIP), (MEAN, NONE, CONV1, NONE, NONE, SKIP))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A dead end: node 1 is read by `none` alone.
        ((CONV3, SKIP, NONE, SKIP, NONE, CONV1), (NONE, SKIP, NONE, SKIP, NONE, CONV1)),
        # Skips and means of a node that is always zero.
        ((NONE, SKIP, MEAN, SKIP, SKIP, CONV1), (NONE, SKIP, NONE, SKIP, NONE, CONV1)),
        # Nodes 1 and 2 changed places.
        ((CONV3, CONV1, NONE, SKIP, SKIP, MEAN), (CONV1, CONV3, NONE, SKIP, MEAN, SKIP)),
        # Node 1 is the input, so it does not matter which of them is read.
        ((SKIP, CONV1, MEAN, CONV3, SKIP, MEAN), (SKIP, MEAN, CONV1, SKIP, CONV3, MEAN)),
        # The same, after which node 1 is a dead end.
        ((SKIP, NONE, CONV1, NONE, NONE, SKIP), (NONE, CONV1, NONE, NONE, NONE, SKIP)),
    ],
)
def test_examples_of_equal_functions(one: Operations, other: Operations) -> None:
    assert canonical_operations(one) == canonical_operations(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((NONE, NONE, NONE, NONE, CONV3, NONE), (NONE,) * 6),
        ((CONV3, SKIP, NONE, NONE, SKIP, SKIP), (SKIP, CONV3, NONE, CONV3, NONE, SKIP)),
        ((CONV3, NONE, SKIP, NONE, SKIP, SKIP), (CONV3, CONV3, NONE, NONE, SKIP, SKIP)),
        ((NONE, NONE, NONE, SKIP, NONE, NONE), (NONE, NONE, NONE, MEAN, NONE, NONE)),
    ],
)
def test_examples_of_different_functions(one: Operations, other: Operations) -> None:
    assert canonical_operations(one) != canonical_operations(other)


def test_how_many_remain() -> None:
    # Fewer than 6,466 would be too few: so many the benchmark counts, by a text that merges more.
    forms = {canonical_operations(operations) for operations in itertools.product(OPERATIONS, repeat=6)}
    assert len(forms) == 7_820
