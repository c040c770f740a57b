"""Each operation in the layout [channels, positions, batch] against its plain module, forward and backward."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import Tree, assert_close, quick_jit, random_variables
from spatial_cases import to_positions

from econas_jax.nn.darts.batch_last.operations import EdgeShape, replay_operation, run_operation
from econas_jax.nn.layers.operations import make_operation
from econas_jax.spaces.darts.genotype import OPERATIONS

CHANNELS, BATCH = 4, 3


@pytest.mark.parametrize("size", [4, 10])  # matrices and shifts
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_is_the_plain_modules(name: str, stride: int, size: int) -> None:
    module, rng = make_operation(name, stride), np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((BATCH, size, size, CHANNELS)).astype(np.float32))
    shapes = jax.eval_shape(lambda: module.init(jax.random.key(0), x, train=True))
    variables: Tree = {"params": {}, "batch_stats": {}} | random_variables(shapes, seed=1)
    parameters, statistics = variables["params"], variables["batch_stats"]

    def plain(parameters: Tree, x: jax.Array, train: bool) -> tuple[jax.Array, Tree]:
        given = {"params": parameters, "batch_stats": statistics}
        y, updated = module.apply(given, x, train=train, mutable=["batch_stats"])
        return to_positions(y), updated.get("batch_stats", {})

    def ours(parameters: Tree, x: jax.Array, train: bool) -> Any:
        return run_operation(name, EdgeShape(size, stride, train), to_positions(x), parameters, statistics)

    def replayed(kept: Any, parameters: Tree, x: jax.Array) -> jax.Array:
        shape = EdgeShape(size, stride, train=True)
        return replay_operation(name, shape, to_positions(x), parameters, statistics, kept)

    def run(parameters: Tree, x: jax.Array) -> Any:
        expected, back = jax.vjp(lambda parameters, x: plain(parameters, x, True)[0], parameters, x)
        trained, _, kept = ours(parameters, x, True)
        again, replayed_back = jax.vjp(functools.partial(replayed, kept), parameters, x)
        weights = jnp.asarray(np.random.default_rng(2).standard_normal(expected.shape).astype(np.float32))
        values = {"train": expected, "replay": expected, "evaluate": plain(parameters, x, False)[0]}
        own = {"train": trained, "replay": again, "evaluate": ours(parameters, x, False)[0]}
        return (own, replayed_back(weights)), (values, back(weights))

    own, expected = quick_jit(run)(parameters, x)
    assert_close(own[0], expected[0], 2e-5)
    assert_close(own[1], expected[1], 2e-4)


def test_statistics_are_the_batchs_in_training_and_the_given_ones_in_evaluation() -> None:
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((CHANNELS, 16, BATCH)).astype(np.float32))
    module = make_operation("dil_conv_3x3", 1)
    shapes = jax.eval_shape(lambda: module.init(jax.random.key(0), jnp.zeros((BATCH, 4, 4, CHANNELS)), train=True))
    variables = random_variables(shapes, seed=1)
    given = variables["params"], variables["batch_stats"]
    _, used, kept = run_operation("dil_conv_3x3", EdgeShape(4, 1, True), x, *given)
    product, mean, variance = (np.asarray(value) for value in kept)
    np.testing.assert_allclose(used["BatchNorm_0"]["mean"], product.mean((1, 2)), atol=1e-5)
    np.testing.assert_allclose(variance, product.reshape(CHANNELS, -1).var(1, ddof=1), rtol=1e-4)
    np.testing.assert_array_equal(mean, used["BatchNorm_0"]["mean"])
    _, used, _ = run_operation("dil_conv_3x3", EdgeShape(4, 1, False), x, *given)
    assert_close(used, given[1], 0.0)
