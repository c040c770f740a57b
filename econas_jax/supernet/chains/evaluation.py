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
    for number, batch in enumerate(batches, 1):
        mean = _averaged(network, params, mean, jnp.array(path), batch, jnp.float32(number))
    return mean


def path_accuracy(
    network: ChainSupernet, params: Tree, statistics: Tree, path: Path, batches: Sequence[Images]
) -> float:
    """Returns the share of correct images, a fraction of 1; images: normalised. Raises InputError without a batch."""
    require(len(batches) > 0, "batches", len(batches), "at least one batch of images")
    sums = [_correct(network, params, statistics, jnp.array(path), batch) for batch in batches]
    return float(sum(map(float, sums))) / sum(len(batch.labels) for batch in batches)


def averaged_statistics(
    network: ChainSupernet, params: Tree, mean: Tree, path: jax.Array, images: jax.Array, number: jax.Array
) -> Tree:
    """Returns a path's statistics over one batch more, the number-th from 1; mean: those over the batches before.

    The first batch's do not depend on `mean`.
    """
    zeros = jax.tree.map(jnp.zeros_like, mean)
    variables = {"params": params, "batch_stats": zeros}
    _, new = network.apply(variables, images, path, train=True, mutable=["batch_stats"])

    def averaged(old: jax.Array, made: jax.Array) -> jax.Array:
        seen = made / MOMENTUM  # from zero, a moving average is MOMENTUM times what the batch has
        return jnp.where(number == 1, seen, old + (seen - old) / number)

    return jax.tree.map(averaged, mean, new["batch_stats"])


def correct_images(network: ChainSupernet, params: Tree, statistics: Tree, path: jax.Array, batch: Images) -> jax.Array:
    """Returns how many images of a normalised batch a path gets right."""
    variables = {"params": params, "batch_stats": statistics}
    logits = network.apply(variables, batch.images, path, train=False)
    return jnp.sum(loss_and_correct(logits, batch.labels)[1])


_averaged = jax.jit(averaged_statistics, static_argnums=0)
_correct = jax.jit(correct_images, static_argnums=0)
