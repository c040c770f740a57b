"""An edge of the supernet and the pools of its state on larger maps, where a CPU computes by shifts, as defined."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import Tree, assert_close, quick_jit, random_variables
from spatial_cases import to_positions

from econas_jax.nn import CellSupernet, EdgeWeights
from econas_jax.nn.darts.batch_last.operations import EdgeShape
from econas_jax.nn.darts.supernet.edge import edge_gradients, run_edge
from econas_jax.nn.darts.supernet.plain import edge_leaves, mixed
from econas_jax.nn.darts.supernet.pools import pools_again, run_pools

SIZE, CHANNELS, BATCH = 10, 4, 3
Gradients = tuple[jax.Array, Tree, jax.Array]  # of the map, the parameters and the weights
NET = CellSupernet(channels=CHANNELS, cells=3, nodes=1)  # its cells: a normal one, and two reductions


def variablesedge_leaves(cell: str) -> tuple[Tree, Tree]:
    """Parameters and statistics of the edge from a cell's input 0."""
    weights = EdgeWeights(*(jnp.zeros((NET.edges, 8)),) * 2)
    shapes = jax.eval_shape(lambda: NET.init(jax.random.key(0), jnp.zeros((2, 4, 4, 3)), weights, train=False))
    drawn = random_variables({kind: tree[cell] for kind, tree in shapes.items()}, seed=1)
    parameters, statistics = (edge_leaves(drawn[kind], 0, 0, 0) for kind in ("params", "batch_stats"))
    return parameters, statistics


@pytest.mark.parametrize(("cell", "stride"), [("cell0", 1), ("cell1", 2)])
def test_edge_is_the_plain_one(cell: str, stride: int) -> None:
    parameters, statistics = variablesedge_leaves(cell)
    width = CHANNELS * stride  # a reduction cell doubles the channels before its edges
    rng = np.random.default_rng(2)
    x = jnp.asarray(rng.standard_normal((BATCH, SIZE, SIZE, width)), jnp.float32)
    weights = jax.nn.softmax(jnp.asarray(rng.standard_normal(8), jnp.float32))
    side = SIZE // stride
    slopes = jnp.asarray(rng.standard_normal((width, side**2, BATCH)), jnp.float32)

    def plain(x: jax.Array, parameters: Tree, weights: jax.Array) -> jax.Array:
        return to_positions(mixed(x, stride, parameters, statistics, weights, True)[0])

    def ours(x: jax.Array, parameters: Tree, weights: jax.Array) -> tuple[jax.Array, Gradients]:
        shape, state, own = EdgeShape(SIZE, stride, True), to_positions(x), (parameters, statistics, weights)
        pools, used = run_pools(shape, state)
        of_state, of_pools, *others = edge_gradients(shape, state, pools, *own, slopes)
        again, back = jax.vjp(lambda state: pools_again(shape, state, used), state)
        return run_edge(shape, state, again, *own)[0], (of_state + back(of_pools)[0], *others)

    def defined(x: jax.Array, parameters: Tree, weights: jax.Array) -> tuple[jax.Array, Gradients]:
        y, back = jax.vjp(plain, x, parameters, weights)
        to_x, to_parameters, to_weights = back(slopes)
        return y, (to_positions(to_x), to_parameters, to_weights)

    found, expected = (quick_jit(each)(x, parameters, weights) for each in (ours, defined))
    assert_close(found[0], expected[0], 1e-4)
    assert_close(found[1], expected[1], 1e-3)
