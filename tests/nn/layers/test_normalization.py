"""Batch normalisation with torch's conventions, in the layouts of both networks."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from network_cases import assert_close, in_double
from reference_network import Scope, batch_norm

from econas_jax.nn.kernels.batch_norm import normalise
from econas_jax.nn.layers.normalization import BatchNorm, unbiased_factor
from econas_jax.nn.platform import tracing_for

CHANNELS = 3


def variables(seed: int) -> dict[str, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    scale, bias, mean = rng.standard_normal((3, CHANNELS)).astype(np.float32)
    variance = rng.uniform(0.5, 2.0, CHANNELS).astype(np.float32)
    return {"params": {"scale": scale, "bias": bias}, "batch_stats": {"mean": mean, "variance": variance}}


def batch(seed: int) -> np.ndarray:
    """[2, 2, 2, channels]: so few values that the biased and the unbiased variance differ by an eighth."""
    return (3 + 2 * np.random.default_rng(seed).standard_normal((2, 2, 2, CHANNELS))).astype(np.float32)


def test_two_training_steps_and_an_evaluation() -> None:
    state = variables(0)
    expected = Scope(in_double(state["params"]), in_double(state["batch_stats"]), train=True)
    for step in (1, 2):
        y, updated = BatchNorm().apply(state, batch(step), train=True, mutable=["batch_stats"])
        assert_close(y, batch_norm(expected, in_double(batch(step))), 1e-5)
        assert_close(updated["batch_stats"], expected.new, 1e-6)
        state = {**state, **updated}
        expected = Scope(expected.parameters, expected.new, train=True)
    y = BatchNorm().apply(state, batch(3), train=False)
    evaluated = Scope(expected.parameters, expected.statistics, train=False)
    assert_close(y, batch_norm(evaluated, in_double(batch(3))), 1e-5)


def test_initial_values_do_not_depend_on_the_batch() -> None:
    initial = BatchNorm().init(jax.random.key(0), batch(0), train=True)
    zeros, ones = np.zeros(CHANNELS), np.ones(CHANNELS)
    assert_close(initial["params"], {"bias": zeros, "scale": ones}, 0)
    assert_close(initial["batch_stats"], {"mean": zeros, "variance": ones}, 0)


def test_the_search_networks_layout() -> None:
    state, x = variables(4), batch(5)
    scope = Scope(in_double(state["params"]), in_double(state["batch_stats"]), train=True)
    expected = batch_norm(scope, in_double(x))
    affine, statistics = (jax.tree.map(jnp.asarray, part) for part in state.values())

    def run(train: bool) -> tuple[np.ndarray, dict[str, jax.Array]]:
        positions = jnp.asarray(x.reshape(2, 4, CHANNELS).transpose(2, 1, 0))
        given = (affine["scale"], affine["bias"], statistics["mean"], statistics["variance"])
        y, (mean, variance) = normalise(positions, *given, train)
        return np.asarray(y.transpose(2, 1, 0)).reshape(x.shape), {"mean": mean, "variance": variance}

    y, new = run(train=True)
    assert_close(y, expected, 1e-5)
    assert_close({name: 0.9 * statistics[name] + 0.1 * new[name] for name in new}, scope.new, 1e-6)
    y, kept = run(train=False)
    scope.train = False
    assert_close(y, batch_norm(scope, in_double(x)), 1e-5)
    assert_close(kept, statistics, 0)


def test_constant_channels_stay_finite() -> None:
    # In float32 mean(x^2) - mean(x)^2 of equal values is a rounding error of either sign, here far above epsilon.
    values = np.random.default_rng(6).uniform(500, 1500, 64).astype(np.float32)
    x = jnp.broadcast_to(values[:, None, None], (64, 4, 3))
    ones, zeros = jnp.ones(64), jnp.zeros(64)
    y, (_, variance) = normalise(x, ones, zeros, zeros, ones, train=True)
    assert np.isfinite(y).all()
    assert (np.asarray(variance) >= 0).all()


def test_one_value_has_no_unbiased_variance() -> None:
    assert unbiased_factor(1) == 1
    assert unbiased_factor(8) == 8 / 7


def test_each_platform_has_its_own_program() -> None:
    """A GPU sums by one pass, also where the same was traced for a CPU before."""
    x, vector = jnp.ones((2, 4, 3)), jnp.ones(2)
    programs = []
    for platform in ("cpu", "gpu"):
        with tracing_for(platform):
            programs.append(str(jax.make_jaxpr(lambda x: normalise(x, vector, vector, vector, vector, True))(x)))
    assert ["reduce_sum" in program for program in programs] == [True, False]
