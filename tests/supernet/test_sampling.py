"""Samples of operations: how often each is drawn, and what gradient reaches the logits."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.supernet.methods.sampling import hard_sample, soft_sample

LOGITS = EdgeWeights(jnp.array([[0.0, 1.0, -1.0, 0.5], [2.0, 0.0, 0.0, -3.0]]), jnp.array([[0.3, 0.2, 0.1, 0.0]] * 2))
DRAWS = 4000
SAMPLERS = {"soft": soft_sample, "hard": hard_sample}


@pytest.mark.parametrize("temperature", [0.03, 1.0, 10.0])
@pytest.mark.parametrize("name", SAMPLERS)
def test_operations_are_drawn_as_often_as_the_softmax_says(name: str, temperature: float) -> None:
    keys = jax.random.split(jax.random.key(3), DRAWS)
    samples = jax.vmap(lambda key: SAMPLERS[name](key, LOGITS, jnp.float32(temperature)))(keys)
    for table, sample in zip(LOGITS, samples, strict=True):
        assert np.all(np.isfinite(sample))
        np.testing.assert_allclose(np.sum(sample, axis=-1), 1, atol=1e-5)
        for row, drawn in zip(np.asarray(table, np.float64), np.argmax(sample, axis=-1).T, strict=True):
            expected = DRAWS * np.exp(row) / np.exp(row).sum()
            assert scipy.stats.chisquare(np.bincount(drawn, minlength=4), expected).pvalue > 1e-3


def test_a_hard_sample_is_exactly_one_hot() -> None:
    keys = jax.random.split(jax.random.key(0), 500)
    samples = jax.vmap(lambda key: hard_sample(key, LOGITS, jnp.float32(0.7)))(keys)
    values = np.concatenate([np.asarray(table).reshape(-1, 4) for table in samples])
    assert set(np.unique(values)) == {0.0, 1.0} and np.all(values.sum(axis=1) == 1)


def test_the_gradient_is_that_of_the_drawn_share_alone() -> None:
    """The first form of GDAS's code: op(x) * h_k, whose derivative is op(x) * dp_k."""
    temperature, outputs = jnp.float32(2.0), jnp.array([[3.0, -1.0, 0.5, 2.0], [1.0, 1.5, -2.0, 0.25]])
    key = jax.random.key(7)
    gradient = jax.grad(lambda logits: jnp.sum(hard_sample(key, logits, temperature).normal * outputs))(LOGITS)
    drawn = np.argmax(hard_sample(key, LOGITS, temperature).normal, axis=1)
    noise = jax.random.gumbel(jax.random.split(key, 2)[0], (2, 4))
    for row in range(2):

        def share(logits: jax.Array, row: int = row) -> jax.Array:
            noisy = (jax.nn.log_softmax(logits) + noise[row]) / temperature
            return jax.nn.softmax(noisy)[drawn[row]] * outputs[row, drawn[row]]

        np.testing.assert_allclose(gradient.normal[row], jax.grad(share)(LOGITS.normal[row]), atol=1e-6)
    np.testing.assert_array_equal(gradient.reduction, 0)


def test_the_mean_of_soft_samples_is_not_the_softmax() -> None:
    keys = jax.random.split(jax.random.key(1), DRAWS)
    mean = jnp.mean(jax.vmap(lambda key: soft_sample(key, LOGITS, jnp.float32(1.0)).normal)(keys), axis=0)
    assert np.max(np.abs(mean - jax.nn.softmax(LOGITS.normal))) > 0.02
