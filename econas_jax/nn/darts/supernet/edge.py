"""One edge of the supernet as a CPU computes it: all operations of a state, [channels, positions, batch], weighted.

The weight of a convolution is the scale of its last normalisation, so it costs nothing. Pools are given: all edges that
read a state share them (`pools`).
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.operations import EdgeShape, replay_operation, run_operation
from econas_jax.nn.darts.batch_last.tape import Kept
from econas_jax.nn.darts.supernet.parameters import POOLS, SEPARABLE, with_scales
from econas_jax.nn.darts.supernet.pools import Pools
from econas_jax.nn.kernels.batch_norm import normalise
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

EdgeKept = dict[str, Kept]


@functools.partial(jax.jit, static_argnames="shape")
def run_edge(
    shape: EdgeShape, x: jax.Array, pools: Pools, parameters: Variables, statistics: Variables, weights: jax.Array
) -> tuple[jax.Array, Variables]:
    """Maps x [channels, size^2, batch] to the weighted sum [channels, out^2, batch].

    Returns the statistics that the convolutions used, too. pools: of x, by `run_pools`; parameters, statistics: by
    operation, of this edge; weights: [operations]. In training it is to be differentiated by `edge_gradients`.
    """
    y, used, _ = _computed(shape, x, pools, parameters, statistics, weights)
    return y, used


@functools.partial(jax.jit, static_argnames="shape")
def edge_gradients(
    shape: EdgeShape,
    x: jax.Array,
    pools: Pools,
    parameters: Variables,
    statistics: Variables,
    weights: jax.Array,
    gradient: jax.Array,
) -> tuple[jax.Array, Pools, Variables, jax.Array]:
    """Returns the gradients of x, its pools, the parameters and the weights; gradient: that of `run_edge`'s output.

    The edge is computed again, so that a cell keeps its states alone.
    """
    _, _, kept = _computed(shape, x, pools, parameters, statistics, weights)

    def replay(x: jax.Array, pools: Pools, parameters: Variables, weights: jax.Array) -> jax.Array:
        def operation(name: str, x: jax.Array, given: Variables, running: Variables) -> jax.Array:
            return replay_operation(name, shape, x, given, running, kept[name])

        return _sum(shape, x, pools, parameters, statistics, weights, operation)

    _, back = jax.vjp(replay, x, pools, parameters, weights)
    gradients: tuple[jax.Array, Pools, Variables, jax.Array] = back(gradient)
    return gradients


def _computed(
    shape: EdgeShape, x: jax.Array, pools: Pools, parameters: Variables, statistics: Variables, weights: jax.Array
) -> tuple[jax.Array, Variables, EdgeKept]:
    used: Variables = {}
    kept: EdgeKept = {}

    def operation(name: str, x: jax.Array, given: Variables, running: Variables) -> jax.Array:
        y, used[name], kept[name] = run_operation(name, shape, x, given, running)
        return y

    return _sum(shape, x, pools, parameters, statistics, weights, operation), used, kept


def _sum(
    shape: EdgeShape,
    x: jax.Array,
    pools: Pools,
    parameters: Variables,
    statistics: Variables,
    weights: jax.Array,
    operation: Any,
) -> jax.Array:
    """Returns the weighted sum of operations that operation(name, x, parameters, statistics) computes."""
    total: jax.Array | None = None
    for place, name in enumerate(SEARCH_OPERATIONS):
        running, weight = statistics.get(name, {}), weights[place]
        if name == "none":
            continue
        if name in POOLS and not shape.train:
            own = running["BatchNorm_0"]
            scale = jnp.broadcast_to(weight, own["mean"].shape)
            y, _ = normalise(pools[name], scale, jnp.zeros_like(scale), own["mean"], own["variance"], train=False)
        elif name in POOLS or (name == "skip_connect" and shape.stride == 1):
            y = (weight * pools.get(name, x)).astype(x.dtype)
        else:
            y = operation(name, x, _weighted(name, with_scales(parameters[name], running), weight), running)
        total = y if total is None else total + y
    assert total is not None
    return total


def _weighted(name: str, parameters: Variables, weight: jax.Array) -> Variables:
    """Returns an operation's parameters with its weight as the scale of its last normalisation."""
    if name == "skip_connect":
        return {key: _weighted("", inner, weight) for key, inner in parameters.items()}
    last = f"BatchNorm_{SEPARABLE[name][1] - 1 if name in SEPARABLE else 0}"
    norm = parameters[last]
    return parameters | {last: norm | {"scale": weight * norm["scale"]}}
