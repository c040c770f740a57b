"""The operation without branches against the switch's own operations, alone and in a network under vmap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import (
    Tree,
    assert_close,
    leaves,
    quick_jit,
    random_edge,
    random_genotype,
    random_images,
    random_variables,
    shapes_of,
)

from econas_jax.nn import SearchNetwork
from econas_jax.nn.darts.engine.blended_operation import blended
from econas_jax.nn.darts.engine.blended_parameters import Choice, pack
from econas_jax.nn.darts.engine.operations import EdgeShape, edge_operations
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

CHANNELS, BATCH = 5, 3  # an odd number: the halves of a factorized reduce differ
Operation = Callable[[EdgeShape, jax.Array, jax.Array, Tree, Tree], tuple[jax.Array, Tree]]


def case(size: int) -> tuple[np.ndarray, Tree, Tree]:
    rng = np.random.default_rng(size)
    parameters, statistics = random_edge(rng, CHANNELS)
    return rng.standard_normal((CHANNELS, size**2, BATCH)), parameters, statistics


def alone(shape: EdgeShape, operation: jax.Array, x: jax.Array, parameters: Tree, statistics: Tree) -> Any:
    """`blended` of one state."""
    choice = Choice(operation, jnp.int32(0))
    return blended((shape,), choice, [x], pack((shape,), choice, parameters), statistics)


def switched(
    shape: EdgeShape, operation: jax.Array, x: jax.Array, parameters: Tree, statistics: Tree
) -> tuple[jax.Array, Tree]:
    return jax.lax.switch(operation, edge_operations(shape), x, parameters, statistics)


def outcomes(function: Operation, size: int, stride: int) -> list[tuple[Any, Any]]:
    """For each operation (values and statistics, training and evaluation), and the training's gradients."""
    x, parameters, statistics = case(size)

    def loss(x: jax.Array, parameters: Tree, operation: jax.Array) -> Any:
        given = jax.tree.map(jnp.asarray, statistics)
        y, new = function(EdgeShape(size, stride, True), operation, x, parameters, given)
        weights = jnp.cos(jnp.arange(y.size)).reshape(y.shape)
        evaluated = function(EdgeShape(size, stride, False), operation, x, parameters, given)
        return jnp.sum(weights * y), (y, new, evaluated)

    with jax.enable_x64(True):
        program = quick_jit(jax.grad(loss, argnums=(0, 1), has_aux=True))
        numbers = range(len(SEARCH_OPERATIONS))
        return [jax.device_get(program(x, parameters, np.int32(number)))[::-1] for number in numbers]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [6, 10], ids=["matrices", "shifts"])
def test_equals_the_switch(size: int, stride: int) -> None:
    """Values, statistics and gradients; those of slots that an operation does not read are zero to the bit."""
    results = zip(outcomes(alone, size, stride), outcomes(switched, size, stride), strict=True)
    for (values, gradients), (expected, expected_gradients) in results:
        assert_close(values, expected, 1e-12)
        assert_close(gradients, expected_gradients, 1e-12)
        for path, leaf in leaves(gradients[1]).items():
            assert ((leaf == 0) == (leaves(expected_gradients[1])[path] == 0)).all(), path


def test_gradients_are_finite_where_unused_values_are_not() -> None:
    """A parameter that is not read may be anything: it reaches neither the value nor any gradient."""
    x, parameters, statistics = case(6)
    broken = {**parameters, **{name: np.full_like(parameters[name], np.nan) for name in ("depthwise", "pointwise")}}

    def loss(x: jax.Array, parameters: Tree, operation: int) -> jax.Array:
        given = jax.tree.map(jnp.asarray, statistics)
        return jnp.sum(alone(EdgeShape(6, 1, True), jnp.int32(operation), x, parameters, given)[0] ** 2)

    gradients = quick_jit(jax.grad(loss, argnums=(0, 1)))
    for name in ("none", "max_pool_3x3", "avg_pool_3x3", "skip_connect"):
        to_x, to_parameters = gradients(x, broken, SEARCH_OPERATIONS.index(name))
        assert np.isfinite(to_x).all() and np.any(to_x) == (name != "none")
        assert not any(np.any(leaf) for leaf in jax.tree.leaves(to_parameters))


@pytest.mark.parametrize("source", [0, 1], ids=["an input", "a node"])
def test_of_two_states_the_other_may_be_anything(source: int) -> None:
    """As in a reduction cell, where a node is half the size of an input: value and gradients as of the one alone."""
    shapes = (EdgeShape(6, 2, True), EdgeShape(3, 1, True))
    states = [case(shape.size)[0] for shape in shapes]
    _, parameters, statistics = case(6)

    def given() -> Tree:
        return jax.tree.map(jnp.asarray, statistics)

    def of_two(x: jax.Array, parameters: Tree, operation: jax.Array) -> tuple[jax.Array, Tree]:
        choice, both = Choice(operation, jnp.int32(source)), [jnp.full(state.shape, jnp.nan) for state in states]
        both[source] = x
        return blended(shapes, choice, both, pack(shapes, choice, parameters), given())

    def of_one(x: jax.Array, parameters: Tree, operation: jax.Array) -> tuple[jax.Array, Tree]:
        return switched(shapes[source], operation, x, parameters, given())

    def loss(function: Callable[..., Any]) -> Callable[..., Any]:
        def value(*arguments: Any) -> Any:
            y, new = function(*arguments)
            return jnp.sum(jnp.cos(jnp.arange(y.size)).reshape(y.shape) * y), new

        return quick_jit(jax.value_and_grad(value, argnums=(0, 1), has_aux=True))

    with jax.enable_x64(True):
        ours, expected = loss(of_two), loss(of_one)
        for number in range(len(SEARCH_OPERATIONS)):
            arguments = states[source], parameters, np.int32(number)
            assert_close(ours(*arguments), expected(*arguments), 1e-12)


def test_network_under_vmap_equals_each_candidate_alone() -> None:
    """Logits, statistics and gradients of two genotypes at once, against the network with branches."""
    genotypes = [random_genotype(seed, concats=(2 + seed, 3)) for seed in range(2)]
    with_branches, branch_free = (SearchNetwork(2, 2, num_classes=3, branch_free=free) for free in (False, True))
    images = np.asarray(random_images(4, 4, seed=0), np.float64)  # activations have the images' type
    variables = [random_variables(shapes_of(with_branches, 4, genotype), 5 + i) for i, genotype in enumerate(genotypes)]

    def run(network: SearchNetwork, variables: Tree, genotype: Any) -> Any:
        def loss(parameters: Tree) -> Any:
            given = {"params": parameters, "batch_stats": variables["batch_stats"]}
            logits, new = network.apply(given, images, genotype, train=True, mutable=["batch_stats"])
            return jnp.sum(jnp.sin(3 * logits)), (logits, new)

        return jax.grad(loss, has_aux=True)(variables["params"])

    with jax.enable_x64(True):
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves).astype(np.float64), *variables)
        encoded = jax.tree.map(lambda *leaves: np.stack(leaves), *[genotype.encode() for genotype in genotypes])
        together = quick_jit(jax.vmap(lambda *given: run(branch_free, *given)))(stacked, encoded)
        one_by_one = quick_jit(lambda *given: run(with_branches, *given))
        for lane in range(2):
            given = jax.tree.map(lambda leaf, lane=lane: leaf[lane], (stacked, encoded))
            assert_close(jax.tree.map(lambda leaf, lane=lane: leaf[lane], together), one_by_one(*given), 1e-10)
