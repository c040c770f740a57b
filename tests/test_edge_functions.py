"""Edges' values and gradients: traced once for a shape, anew for another platform, and what they compute."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import random_edge

from econas_jax.genotype import SEARCH_OPERATIONS
from econas_jax.nn.edge_functions import edge_functions
from econas_jax.nn.platform import tracing_for
from econas_jax.nn.search_operations import EdgeShape, edge_operations

SHAPE, CHANNELS, BATCH = EdgeShape(4, 1, train=True), 4, 3


def test_edges_of_one_shape_share_functions_and_others_do_not() -> None:
    assert edge_functions(SHAPE, False) is edge_functions(EdgeShape(4, 1, train=True), False)
    assert edge_functions(SHAPE, False) is not edge_functions(SHAPE._replace(train=False), False)
    assert [len(edge_functions(SHAPE, branch_free)) for branch_free in (False, True)] == [len(SEARCH_OPERATIONS), 1]
    with tracing_for("gpu"):  # where operations are traced otherwise
        elsewhere = edge_functions(SHAPE, False)
    assert elsewhere is not edge_functions(SHAPE, False)


@pytest.mark.parametrize("branch_free", [False, True])
@pytest.mark.parametrize("name", ["none", "max_pool_3x3", "sep_conv_5x5"])
def test_the_gradient_is_that_of_the_operation(name: str, branch_free: bool) -> None:
    number, rng = SEARCH_OPERATIONS.index(name), np.random.default_rng(3)
    x, weights = (jnp.asarray(rng.standard_normal((CHANNELS, 16, BATCH)), jnp.float32) for _ in range(2))
    parameters, statistics = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), random_edge(rng, CHANNELS))
    operation = edge_operations(SHAPE)[number]
    expected = jax.grad(lambda x, p: jnp.sum(weights * operation(x, p, statistics)[0]), (0, 1))(x, parameters)
    functions = edge_functions(SHAPE, branch_free)[0 if branch_free else number]
    found = functions.gradient(jnp.int32(number), x, parameters, statistics, weights)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5), found, expected)
