"""The accuracy of a path with the supernet's weights, after its running statistics are computed anew (SPOS)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.errors import require
from econas_jax.nn.chain import ChainSupernet
from econas_jax.nn.layers.normalization import MOMENTUM
from econas_jax.spaces.chain.space import Path
from econas_jax.training.epoch import Images, loss_and_correct

Tree = Any


def path_statistics(network: ChainSupernet, params: Tree, path: Path, batches: Sequence[jax.Array]) -> Tree:
    """Returns running statistics for a path: means over the batches of normalised images, each counted once.

    Guo et al., Single Path One-Shot (2020), section 3.4; the authors' code keeps moving means instead, and draws new
    batches for each path. With fixed batches a path's accuracy is always the same number. One program serves all paths;
    statistics of other candidates come out as 0. Raises InputError without a batch.
    """
    require(len(batches) > 0, "batches", len(batches), "at least one batch of images")
    images = jnp.zeros((1, *batches[0].shape[1:]))
    shapes = jax.eval_shape(functools.partial(network.init, train=False), jax.random.key(0), images)
    mean = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), shapes["batch_stats"])
    for count, batch in enumerate(batches, 1):
        mean = _averaged(network, params, mean, jnp.array(path), batch, jnp.float32(count))
    return mean


def path_accuracy(
    network: ChainSupernet, params: Tree, statistics: Tree, path: Path, batches: Sequence[Images]
) -> float:
    """Returns the share of correct images, a fraction of 1; images: normalised. Raises InputError without a batch."""
    require(len(batches) > 0, "batches", len(batches), "at least one batch of images")
    sums = [_correct(network, params, statistics, jnp.array(path), batch) for batch in batches]
    return float(sum(map(float, sums))) / sum(len(batch.labels) for batch in batches)


@functools.partial(jax.jit, static_argnums=0)
def _averaged(
    network: ChainSupernet, params: Tree, mean: Tree, path: jax.Array, images: jax.Array, count: jax.Array
) -> Tree:
    zeros = jax.tree.map(jnp.zeros_like, mean)
    variables = {"params": params, "batch_stats": zeros}
    _, new = network.apply(variables, images, path, train=True, mutable=["batch_stats"])
    # From zero, a moving average is MOMENTUM times what the batch has.
    return jax.tree.map(lambda old, made: old + (made / MOMENTUM - old) / count, mean, new["batch_stats"])


@functools.partial(jax.jit, static_argnums=0)
def _correct(network: ChainSupernet, params: Tree, statistics: Tree, path: jax.Array, batch: Images) -> jax.Array:
    variables = {"params": params, "batch_stats": statistics}
    logits = network.apply(variables, batch.images, path, train=False)
    return jnp.sum(loss_and_correct(logits, batch.labels)[1])
