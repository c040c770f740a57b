"""Each search operation on its union of parameters: values, statistics and gradients against the NumPy reference.

In float64: gradients are compared with central differences of the reference, which shares no code with them.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_network as reference
from network_cases import Tree, assert_close, check_directions, random_edge, used_by_operation
from spatial_cases import to_positions

from econas_jax.nn.darts.engine.operations import EdgeShape, edge_operations
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

SIZE, CHANNELS, BATCH = 6, 5, 3  # the smallest map that a dilated 5x5 kernel covers with every tap
ODD_SIZE = 7  # dilated convolutions of even and of odd maps are computed in two ways
Case = tuple[np.ndarray, Tree, Tree]


def case(seed: int, size: int = SIZE) -> Case:
    """x [batch, size, size, channels], and an edge's parameters and statistics, in float64."""
    rng = np.random.default_rng(seed)
    parameters, statistics = random_edge(rng, CHANNELS)
    return rng.standard_normal((BATCH, size, size, CHANNELS)), parameters, statistics


def expected_value(name: str, stride: int, train: bool, x: np.ndarray, parameters: Tree, statistics: Tree) -> Any:
    """The reference's output [batch, ...] and the edge's running statistics after it."""
    scope = used_by_operation(name, stride, parameters, statistics, train)
    y = reference.operation(scope, name, x, stride)
    inner = scope.new.get("FactorizedReduce_0", scope.new)
    running = {key: value.copy() for key, value in statistics.items()}
    for slot in range(2):
        for key, value in inner.get(f"BatchNorm_{slot}", {}).items():
            running[key][slot] = value
    return y, running


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("name", "size"), [(name, SIZE) for name in SEARCH_OPERATIONS] + [(f"dil_conv_{k}x{k}", ODD_SIZE) for k in (3, 5)]
)
def test_values_statistics_and_gradients(name: str, size: int, stride: int) -> None:
    x, parameters, statistics = case(seed=7, size=size)
    y, running = expected_value(name, stride, True, x, parameters, statistics)
    weights = np.random.default_rng(8).standard_normal(y.shape)
    train, evaluate = (
        edge_operations(EdgeShape(size, stride, mode))[SEARCH_OPERATIONS.index(name)] for mode in (True, False)
    )

    def loss(x: jax.Array, parameters: Tree, statistics: Tree) -> Any:
        x = to_positions(x)
        y, new = train(x, parameters, statistics)
        return jnp.sum(to_positions(weights) * y), (y, new, evaluate(x, parameters, statistics))

    with jax.enable_x64(True):
        program = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))
        (_, (trained, new, (evaluated, kept))), gradients = jax.device_get(program(x, parameters, statistics))
    assert_close(trained, to_positions(y), 1e-12)
    assert_close({key: 0.9 * statistics[key] + 0.1 * new[key] for key in new}, running, 1e-12)
    y, running = expected_value(name, stride, False, x, parameters, statistics)
    assert_close(evaluated, to_positions(y), 1e-12)
    assert_close(kept, statistics, 0)

    def value(point: Tree) -> float:
        rest = {key: leaf for key, leaf in point.items() if key != "x"}
        y, _ = expected_value(name, stride, True, point["x"], rest, statistics)
        return float(np.sum(weights * y))

    check_directions(value, {"x": gradients[0], **gradients[1]}, {"x": x, **parameters}, seed=9)


@pytest.mark.parametrize(
    ("name", "stride", "used"),
    [
        ("none", 1, {}),
        ("max_pool_3x3", 1, {}),
        ("avg_pool_3x3", 2, {}),
        ("skip_connect", 1, {}),
        ("skip_connect", 2, {"pointwise": CHANNELS**2}),
        ("sep_conv_3x3", 2, {"depthwise": 2 * 9 * CHANNELS, "pointwise": 2 * CHANNELS**2}),
        ("sep_conv_5x5", 1, {"depthwise": 2 * 25 * CHANNELS, "pointwise": 2 * CHANNELS**2}),
        ("dil_conv_3x3", 1, {"depthwise": 9 * CHANNELS, "pointwise": CHANNELS**2}),
        ("dil_conv_5x5", 1, {"depthwise": 25 * CHANNELS, "pointwise": CHANNELS**2}),
    ],
)
def test_gradients_of_unused_slots_are_exactly_zero(name: str, stride: int, used: dict[str, int]) -> None:
    x, parameters, statistics = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), case(seed=10))
    operation = edge_operations(EdgeShape(SIZE, stride, True))[SEARCH_OPERATIONS.index(name)]
    x = to_positions(x)
    gradient = jax.jit(jax.grad(lambda parameters: jnp.sum(operation(x, parameters, statistics)[0] ** 3)))(parameters)
    norms = used.get("pointwise", 0) // CHANNELS
    expected = {"depthwise": 0, "pointwise": 0, **used, "scale": norms, "bias": norms}
    assert {key: int(np.count_nonzero(leaf)) for key, leaf in gradient.items()} == expected
