"""Edges' values and gradients: traced once for a shape, anew for another platform, and what they compute."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import random_edge

from econas_jax.nn.darts.engine.blended_parameters import Choice, pack
from econas_jax.nn.darts.engine.edge_functions import blended_functions, edge_functions
from econas_jax.nn.darts.engine.operations import EdgeShape, edge_operations
from econas_jax.nn.platform import tracing_for
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

SHAPE, CHANNELS, BATCH = EdgeShape(4, 1, train=True), 4, 3


def test_edges_of_one_shape_share_functions_and_others_do_not() -> None:
    for functions in (edge_functions, lambda shape: blended_functions((shape,))):
        assert functions(SHAPE) is functions(EdgeShape(4, 1, train=True))
        assert functions(SHAPE) is not functions(SHAPE._replace(train=False))
        with tracing_for("gpu"):  # where operations are traced otherwise
            elsewhere = functions(SHAPE)
        assert elsewhere is not functions(SHAPE)


@pytest.mark.parametrize("name", ["none", "max_pool_3x3", "sep_conv_5x5"])
def test_the_gradient_is_that_of_the_operation(name: str) -> None:
    number, rng = SEARCH_OPERATIONS.index(name), np.random.default_rng(3)
    x, weights = (jnp.asarray(rng.standard_normal((CHANNELS, 16, BATCH)), jnp.float32) for _ in range(2))
    parameters, statistics = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), random_edge(rng, CHANNELS))
    operation = edge_operations(SHAPE)[number]
    expected = jax.grad(lambda x, p: jnp.sum(weights * operation(x, p, statistics)[0]), (0, 1))(x, parameters)
    close = functools.partial(np.testing.assert_allclose, rtol=2e-4, atol=2e-5)
    jax.tree.map(close, edge_functions(SHAPE)[number].gradient(x, parameters, statistics, weights), expected)

    choice = Choice(jnp.int32(number), jnp.int32(0))
    packed, to_parameters = jax.vjp(functools.partial(pack, (SHAPE,), choice), parameters)
    gradient = blended_functions((SHAPE,)).gradient
    [to_x], to_packed = gradient(choice, [x], packed, statistics, weights)
    jax.tree.map(close, (to_x, *to_parameters(to_packed)), expected)
