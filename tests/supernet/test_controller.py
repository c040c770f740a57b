"""ENAS's controller: its size, its choices, and the policy gradient over all cells of a toy."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from econas_jax.supernet.derive import Shares, counted_genotype
from econas_jax.supernet.methods.controller import OPERATIONS, initial_controller, sampled, walk
from econas_jax.supernet.methods.reinforce import moved_baselines, reinforce_loss

PARAMS = initial_controller(jax.random.key(0))
# All choices of a cell of one node: two inputs, then two operations.
CHOICES = jnp.array(list(itertools.product(range(2), range(2), range(7), range(7))))


@functools.cache
def every_walk() -> Any:
    """The function from parameters to the walk of every choice."""

    def one(params: Any, choice: jax.Array) -> Any:
        return walk(params, lambda number, logits: choice[number], 1, cells=1)

    return jax.jit(jax.vmap(one, (None, 0)))


def test_it_is_as_large_as_the_authors() -> None:
    """41,733 numbers for five operations, and 129 for each more."""
    assert sum(leaf.size for leaf in jax.tree.leaves(PARAMS)) == 41_733 + 129 * (len(OPERATIONS) - 5)
    drawn = np.concatenate([np.ravel(leaf) for name, leaf in PARAMS.items() if name != "bias"])
    assert np.abs(drawn).max() < 0.1 and np.std(drawn) == pytest.approx(0.1 / np.sqrt(3), rel=0.02)
    assert dict(zip(OPERATIONS, np.asarray(PARAMS["bias"]), strict=True))["sep_conv_5x5"] == 10


def test_probabilities_of_all_cells_sum_up_to_one_and_their_entropy_is_that_of_the_choices() -> None:
    walks = every_walk()(PARAMS, CHOICES)
    shares = np.exp(np.asarray(walks.log_probability, np.float64))
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    # The entropy of a sequence is the mean, over sequences, of the sum of its choices' conditional entropies.
    assert np.sum(shares * np.asarray(walks.entropy)) == pytest.approx(-np.sum(shares * np.log(shares)), rel=1e-4)


def test_a_table_counts_what_was_chosen() -> None:
    tables = every_walk()(PARAMS, CHOICES).edges
    for choice, table in zip(np.asarray(CHOICES), np.asarray(tables.normal), strict=True):
        expected = np.zeros((2, 8))
        for source, operation in zip(choice[:2], choice[2:], strict=True):
            expected[source, 1 + operation] += 1
        np.testing.assert_array_equal(table, expected)
    assert not np.any(tables.reduction)


def test_separable_convolutions_are_likelier_at_first_in_the_normal_cell_above_all() -> None:
    walks = jax.jit(jax.vmap(lambda key: sampled(PARAMS, key, 2)))(jax.random.split(jax.random.key(1), 2000))
    normal, reduction = (np.asarray(table).mean(axis=(0, 1)) for table in walks.edges)
    assert normal[0] == reduction[0] == 0
    share = normal[4:6].sum() / normal.sum()
    # exp(0.44 + 0.25) for two of seven, exp(-0.25) for the others
    assert share == pytest.approx(2 * np.exp(0.69) / (2 * np.exp(0.69) + 5 * np.exp(-0.25)), abs=0.03)
    assert 2 / 7 < reduction[4:6].sum() / reduction.sum() < share
    for pair in zip(*(np.asarray(table)[:20] for table in walks.edges), strict=True):
        counted_genotype(Shares(*pair))


def test_the_expected_gradient_does_not_depend_on_the_baseline() -> None:
    """Over all cells, each as often as the controller draws it; and it is that of the expected reward."""
    rewards = jnp.sin(jnp.arange(len(CHOICES)) * 1.3)

    def log_probabilities(params: Any) -> jax.Array:
        return every_walk()(params, CHOICES).log_probability

    def estimate(baseline: float) -> np.ndarray:
        shares = jnp.exp(log_probabilities(PARAMS))
        weights = len(CHOICES) * shares

        def loss(params: Any) -> jax.Array:
            return reinforce_loss(log_probabilities(params) * weights, rewards, jnp.full(len(CHOICES), baseline))

        return np.asarray(ravel_pytree(jax.grad(loss)(PARAMS))[0])

    expected = jax.grad(lambda params: -jnp.sum(jnp.exp(log_probabilities(params)) * rewards))(PARAMS)
    exact = np.asarray(ravel_pytree(expected)[0])
    for baseline in (0.0, 0.7, -3.0):
        np.testing.assert_allclose(estimate(baseline), exact, atol=2e-5 * np.abs(exact).max() + 1e-6)
    assert np.abs(exact).max() > 1e-3


def test_a_baseline_has_moved_before_it_is_used() -> None:
    last, each = moved_baselines(jnp.float32(0.0), jnp.array([1.0, 0.5]), 0.01)
    np.testing.assert_allclose(each, [0.01, 0.01 + 0.01 * (0.5 - 0.01)], rtol=1e-6)
    assert float(last) == float(each[-1])
