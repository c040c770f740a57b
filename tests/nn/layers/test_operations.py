"""Each plain operation, at both strides, against the NumPy reference: values and running statistics."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_network as reference
from network_cases import Tree, assert_close, in_double, random_variables, reference_scope

from econas_jax.nn.layers.operations import make_operation
from econas_jax.spaces.darts.genotype import OPERATIONS

SHAPE = (2, 6, 8, 5)  # neither square nor with an even number of channels


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_is_the_references(name: str, stride: int) -> None:
    operation = make_operation(name, stride)
    x = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)
    shapes = jax.eval_shape(lambda: operation.init(jax.random.key(0), jnp.asarray(x), train=True))
    variables = {"params": {}, "batch_stats": {}, **random_variables(shapes, seed=1)}

    @jax.jit
    def run(variables: Tree, x: jax.Array) -> Any:
        return operation.apply(variables, x, train=True, mutable=["batch_stats"]), operation.apply(
            variables, x, train=False
        )

    (trained, updated), evaluated = run(variables, x)
    scope = reference_scope(variables, train=True)
    assert_close(trained, reference.operation(scope, name, in_double(x), stride), 2e-6)
    assert_close(updated.get("batch_stats", {}), scope.new, 2e-6)
    scope = reference_scope(variables, train=False)
    assert_close(evaluated, reference.operation(scope, name, in_double(x), stride), 2e-6)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "skip_connect"])
def test_odd_maps_halve_to_the_larger_half(name: str) -> None:
    operation = make_operation(name, 2)
    shape = jax.eval_shape(lambda: operation.init_with_output(jax.random.key(0), jnp.zeros((1, 7, 5, 2)), train=True))
    assert shape[0].shape == (1, 4, 3, 2)


def test_max_pools_padding_is_below_everything() -> None:
    x = jnp.full((1, 4, 4, 1), -5.0)
    for stride in (1, 2):
        assert np.all(make_operation("max_pool_3x3", stride).apply({}, x, train=True) == -5.0)


def test_average_pools_padding_does_not_count() -> None:
    x = jnp.full((1, 4, 4, 1), 7.0)
    for stride in (1, 2):
        assert_close(
            make_operation("avg_pool_3x3", stride).apply({}, x, train=True),
            np.full_like(x, 7)[:, ::stride, ::stride],
            1e-6,
        )


def test_unknown_operation() -> None:
    with pytest.raises(KeyError):
        make_operation("sep_conv_9x9", 1)
