"""What all edges of the supernet that read one state share on a CPU: its pools, and in training their normalisation."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.operations import EdgeShape, run_operation
from econas_jax.nn.darts.supernet.parameters import POOLS
from econas_jax.nn.kernels.batch_norm import batch_statistics, normalise
from econas_jax.nn.network import Variables

Pools = dict[str, jax.Array]  # by name, each [channels, out^2, batch]


@functools.partial(jax.jit, static_argnames="shape")
def run_pools(shape: EdgeShape, x: jax.Array) -> tuple[Pools, Variables]:
    """Returns the pools of x [channels, size^2, batch], and in training the statistics of the batch.

    In training they are normalised by these. In evaluation they are not, for every edge has running statistics of its
    own, and there are none to return.
    """
    pools = {name: run_operation(name, shape, x, {}, {})[0] for name in POOLS}
    if not shape.train:
        return pools, {}
    moments = {name: batch_statistics(pooled) for name, pooled in pools.items()}
    used = {name: {"BatchNorm_0": {"mean": mean, "variance": variance}} for name, (mean, variance) in moments.items()}
    return _normalised(pools, used), used


def pools_again(shape: EdgeShape, x: jax.Array, used: Variables) -> Pools:
    """Returns the normalised pools once more by the statistics of the batch that are known, to be differentiated."""
    return _normalised({name: run_operation(name, shape, x, {}, {})[0] for name in POOLS}, used)


def _normalised(pools: Pools, used: Variables) -> Pools:
    found = {}
    for name, pooled in pools.items():
        norm = used[name]["BatchNorm_0"]
        one, zero = jnp.ones_like(norm["mean"]), jnp.zeros_like(norm["mean"])
        found[name], _ = normalise(pooled, one, zero, norm["mean"], norm["variance"], True, statistics_given=True)
    return found
