"""Tables of logits, one for each kind of cell: where they begin, and what they become."""

from __future__ import annotations

import jax
import numpy as np

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.nn.darts.supernet.places import edge_count
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.supernet.derive import Shares


def normal_logits(key: jax.Array, nodes: int, mean: float, deviation: float) -> EdgeWeights:
    """Returns two tables of normal random logits."""
    shape = (edge_count(nodes), len(SEARCH_OPERATIONS))
    one, other = jax.random.split(key)
    return EdgeWeights(
        mean + deviation * jax.random.normal(one, shape), mean + deviation * jax.random.normal(other, shape)
    )


def softmax(logits: EdgeWeights) -> EdgeWeights:
    """Returns the share of each operation of each edge."""
    return EdgeWeights(*(jax.nn.softmax(table, axis=-1) for table in logits))


def host_softmax(logits: EdgeWeights) -> Shares:
    """Returns `softmax` in NumPy's float64: what is derived and shown does not depend on devices."""
    shares = []
    for table in logits:
        powers = np.exp(np.asarray(table, np.float64) - np.max(table, axis=-1, keepdims=True))
        shares.append(powers / powers.sum(axis=-1, keepdims=True))
    return Shares(*shares)
