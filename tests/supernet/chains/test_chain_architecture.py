"""The architecture's weights of ProxylessNAS, their samples and costs, against autodiff and enumeration."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path as FilePath
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.chain import mbconv_space, multiply_adds
from econas_jax.supernet.chains import (
    CostTable,
    Pair,
    architecture_memory,
    expected_cost,
    full_gradient,
    latency_table,
    multiply_add_table,
    pair_gradient,
    rescaled,
    sample_pair,
    sample_path,
    with_cost,
)
from econas_jax.supernet.chains.architecture import adam_step_of_places
from econas_jax.supernet.chains.sampling import available, shares
from econas_jax.training.adam import Adam

SPACE = mbconv_space(0.125, widths=(64,), depths=(2,), strides=(2,))  # its second place has Zero, too
THERE = available(SPACE)


def random_logits(seed: int) -> jax.Array:
    return jnp.where(THERE, jax.random.normal(jax.random.key(seed), THERE.shape), 0.0)


def slopes_of_mixture(logits: np.ndarray, gates: np.ndarray, involved: np.ndarray) -> np.ndarray:
    """Central differences of the sum over places of softmax-weighted gates, of those involved, in float64."""

    def value(logits: np.ndarray) -> float:
        powers = np.where(involved, np.exp(logits), 0)
        return float(np.sum(powers * gates / powers.sum(1, keepdims=True)))

    slopes = np.zeros(logits.shape)
    for at in np.ndindex(*logits.shape):
        shift = np.zeros(logits.shape)
        shift[at] = 1e-6
        slopes[at] = (value(logits + shift) - value(logits - shift)) / 2e-6
    return slopes


def test_gradients_of_gates_reach_the_logits_as_through_a_mixture() -> None:
    """A place is as if it were a mixture of its outputs; the gate's gradient is what a share of an output would add."""
    logits, gates = random_logits(0), random_logits(1)
    pair = Pair(jnp.array([4, 6]), jnp.array([1, 2]))
    both = np.zeros(THERE.shape, bool)
    both[np.arange(2), pair.active] = both[np.arange(2), pair.compared] = True
    for made, involved in ((pair_gradient(logits, pair, gates), both), (full_gradient(logits, THERE, gates), THERE)):
        expected = slopes_of_mixture(np.asarray(logits, np.float64), np.asarray(gates, np.float64), involved)
        np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-6)
        assert np.all(np.asarray(made)[~involved] == 0)


def test_a_step_of_two_keeps_the_shares_of_all_others() -> None:
    logits, pair = random_logits(2), Pair(jnp.array([4, 6]), jnp.array([1, 2]))
    rows = jnp.arange(2)
    stepped = logits.at[rows, pair.active].add(0.9).at[rows, pair.compared].add(-0.3)
    before, after = (np.asarray(shares(some, THERE)) for some in (logits, rescaled(logits, stepped, pair)))
    involved = np.zeros(THERE.shape, bool)
    involved[np.arange(2), pair.active] = involved[np.arange(2), pair.compared] = True
    np.testing.assert_allclose(after[~involved], before[~involved], rtol=1e-6)
    assert np.all(np.abs(after - before)[involved] > 0.01)


def test_places_that_are_left_out_of_a_step_stay_to_the_bit_and_count_no_step() -> None:
    logits = random_logits(3)
    adam, memory = Adam(1e-2, 0.0, 0.999), architecture_memory(logits)
    moved, memory = adam_step_of_places(adam, logits, memory, logits, jnp.array([True, False]))
    assert np.array_equal(moved[1], logits[1]) and np.array_equal(memory.steps, [[1], [0]])
    # Adam's first step is the rate times the gradient's sign; one of no gradient stays, as beta1 is 0.
    np.testing.assert_allclose(moved[0], logits[0] - 1e-2 * np.sign(logits[0]), atol=1e-6)
    again, memory = adam_step_of_places(adam, moved, memory, jnp.zeros_like(logits), jnp.array([True, True]))
    assert np.array_equal(again, moved) and np.array_equal(memory.steps, [[2], [1]])


def test_pairs_are_drawn_without_replacement_and_paths_by_their_shares() -> None:
    draws, logits = 20_000, jnp.log(jnp.array([[0.5, 0.3, 0.2]]))
    there = np.ones((1, 3), bool)
    keys = jax.random.split(jax.random.key(4), draws)
    pairs = jax.vmap(lambda key: jnp.stack(sample_pair(key, logits, there)))(keys)
    ones = jax.vmap(lambda key: sample_path(key, logits, there))(keys)
    weights = dict(enumerate((0.5, 0.3, 0.2)))
    for active, other in itertools.permutations(range(3), 2):
        of_set = weights[active] * weights[other] * (1 / (1 - weights[active]) + 1 / (1 - weights[other]))
        expected = of_set * weights[active] / (weights[active] + weights[other])
        seen = np.mean((pairs[:, 0, 0] == active) & (pairs[:, 1, 0] == other))
        assert seen == pytest.approx(expected, abs=4 * math.sqrt(expected / draws))
    for number, weight in weights.items():
        assert np.mean(ones[:, 0] == number) == pytest.approx(weight, abs=4 * math.sqrt(weight / draws))


def test_candidates_that_a_place_has_not_are_never_drawn() -> None:
    keys = jax.random.split(jax.random.key(5), 500)
    drawn = jax.vmap(lambda key: jnp.stack(sample_pair(key, jnp.zeros(THERE.shape), THERE)))(keys)
    assert {int(number) for number in drawn[:, :, 0].ravel()} == set(range(6))
    assert {int(number) for number in drawn[:, :, 1].ravel()} == set(range(7))


def test_the_expected_cost_is_the_mean_over_all_paths() -> None:
    table, weights = multiply_add_table(SPACE, 16, 10), np.asarray(shares(random_logits(6), THERE), np.float64)
    mean = 0.0
    for path in itertools.product(*(range(len(place)) for place in SPACE.places)):
        cost = multiply_adds(SPACE.network(path), resolution=16, num_classes=10)
        assert table.of(path) == cost
        mean += cost * weights[0, path[0]] * weights[1, path[1]]
    assert float(expected_cost(table, jnp.asarray(weights, jnp.float32))) == pytest.approx(mean, rel=1e-6)


def test_the_loss_with_a_cost_has_the_authors_forms() -> None:
    given = jnp.float32(2.0), jnp.float32(4e8), 3e8
    log = with_cost(*given, "mul#log", weight=0.2, exponent=0.3)
    assert float(log) == pytest.approx(0.2 * 2.0 * (math.log(4e8) / math.log(3e8)) ** 0.3, rel=1e-6)
    linear = with_cost(*given, "add#linear", weight=0.1, exponent=0.3)
    assert float(linear) == pytest.approx(2.0 + 0.1 / 3, rel=1e-6)


def latencies() -> dict[str, Any]:
    places = [{label: 1.0 + number for number, label in enumerate(SPACE.labels[:6])} for _ in range(2)]
    return {"common": 9.5, "places": places}


def test_latencies_come_from_a_file(tmp_path: FilePath) -> None:
    file = tmp_path / "latency.json"
    file.write_text(json.dumps(latencies()))
    table = latency_table(file, SPACE)
    assert isinstance(table, CostTable)
    assert (table.of((0, 6)), table.of((5, 1))) == (9.5 + 1.0, 9.5 + 6.0 + 2.0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda made: made.pop("common"), "latency_table"),
        (lambda made: made.update(common=-1.0), "latency_table.common"),
        (lambda made: made.update(common=float("nan")), "latency_table.common"),
        (lambda made: made["places"].pop(), "latency_table.places"),
        (lambda made: made["places"][1].pop("k3e3"), "latency_table.places[1]"),
        (lambda made: made["places"][0].update(zero=0.0), "latency_table.places[0]"),
        (lambda made: made["places"][0].update(k3e3="1"), "latency_table.places[0].k3e3"),
    ],
)
def test_other_files_are_refused(change: Any, field: str, tmp_path: FilePath) -> None:
    made = latencies()
    change(made)
    file = tmp_path / "latency.json"
    file.write_text(json.dumps(made))
    with pytest.raises(InputError) as caught:
        latency_table(file, SPACE)
    assert caught.value.field == field
