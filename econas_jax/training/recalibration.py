"""Running statistics computed anew: what evaluation normalises with, as a mean over batches instead of a moving one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.errors import require
from econas_jax.nn.layers.normalization import MOMENTUM
from econas_jax.nn.network import Network, Tree, Variables

STATISTICS = "batch_stats"


def recalibrated(network: Network, variables: Variables, batches: Iterable[jax.Array | Any]) -> Variables:
    """Returns the variables with each normalisation's mean and variance averaged over the batches, each counted once.

    network: a plain one, whose normalisations are `nn.layers`' (as of any `Description`). batches: of normalised images
    [batch, height, width, 3], at least one, as they come in training, but nothing is dropped. A variance is the mean of
    the batches' unbiased ones (`torch.optim.swa_utils.update_bn` does the same). Each batch size is compiled once.
    Raises InputError without a batch.
    """
    parameters = {name: tree for name, tree in variables.items() if name != STATISTICS}
    zeros = jax.tree.map(jnp.zeros_like, variables[STATISTICS])

    @jax.jit
    def averaged(mean: Tree, parameters: Tree, images: jax.Array, count: jax.Array) -> Tree:
        # From zero, a moving average is MOMENTUM times what the batch has.
        _, updated = network.apply({**parameters, STATISTICS: zeros}, images, train=True, mutable=[STATISTICS])
        return jax.tree.map(lambda old, new: old + (new / MOMENTUM - old) / count, mean, updated[STATISTICS])

    mean, seen = zeros, 0
    for seen, images in enumerate(batches, 1):
        mean = averaged(mean, parameters, images, jnp.float32(seen))
    require(seen > 0, "batches", seen, "at least one batch of images")
    return {**parameters, STATISTICS: mean}
