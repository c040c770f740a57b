"""The architecture's weights of ProxylessNAS: their gradient from that of binary gates, and their step.

Cai et al., "ProxylessNAS" (ICLR 2019), equation 4 and section 3.2.1; `search/modules/mix_op.py` of the authors.
Logits and gradients are [places, candidates]; candidates that a place has not have logits of 0 that nobody reads.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.supernet.chains.sampling import Pair, shares
from econas_jax.training.adam import Adam, AdamMemory, adam_step


def architecture_memory(logits: jax.Array) -> AdamMemory:
    """Returns Adam's memory before the first step, with a count of steps for each place, float32 [places, 1].

    As in torch, a place that is left out of a step counts none.
    """
    zeros = jnp.zeros_like(logits)
    return AdamMemory(jnp.zeros((logits.shape[0], 1)), zeros, zeros)


def pair_gradient(logits: jax.Array, pair: Pair, gates: jax.Array) -> jax.Array:
    """Returns the gradient for the logits of two candidates a place from that of their gates; 0 for the others.

    With q the softmax of the two: the sum over j of g_j q_j (delta_ij - q_i). gates: g [places, candidates].
    """
    both = jnp.stack(pair, axis=-1)
    slopes = _through_softmax(pair_shares(logits, pair), jnp.take_along_axis(gates, both, axis=-1))
    rows = jnp.arange(logits.shape[0])[:, None]
    return jnp.zeros_like(logits).at[rows, both].set(slopes)


def full_gradient(logits: jax.Array, there: np.ndarray, gates: jax.Array) -> jax.Array:
    """Returns the gradient for all logits from that of all gates (mode `full_v2` of the authors' code)."""
    return _through_softmax(shares(logits, there), gates)


def pair_shares(logits: jax.Array, pair: Pair) -> jax.Array:
    """Returns the softmax [places, 2] of the logits of a pair."""
    return jax.nn.softmax(jnp.take_along_axis(logits, jnp.stack(pair, axis=-1), axis=-1), axis=-1)


def _through_softmax(weights: jax.Array, gates: jax.Array) -> jax.Array:
    return weights * (gates - jnp.sum(weights * gates, axis=-1, keepdims=True))


def adam_step_of_places(
    adam: Adam, logits: jax.Array, memory: AdamMemory, gradient: jax.Array, stepped: jax.Array
) -> tuple[jax.Array, AdamMemory]:
    """Takes a step of Adam at the places where `stepped` bool [places] is true; the others stay to the bit.

    ProxylessNAS needs a beta1 of 0: with any other, logits that no sample contains would go on moving.
    """
    rows = stepped[:, None]
    made = adam_step(adam, logits, memory, gradient)
    kept: tuple[jax.Array, AdamMemory] = jax.tree.map(
        lambda new, old: jnp.where(rows, new, old), made, (logits, memory)
    )
    return kept


def rescaled(old: jax.Array, new: jax.Array, pair: Pair) -> jax.Array:
    """Returns the new logits, those of each pair less an offset with which all other candidates keep their shares.

    Of the pair's two the sum of exponentials is as before then.
    """
    both = jnp.stack(pair, axis=-1)
    sums = [jax.nn.logsumexp(jnp.take_along_axis(logits, both, axis=-1), axis=-1) for logits in (new, old)]
    rows = jnp.arange(new.shape[0])[:, None]
    return new.at[rows, both].add((sums[1] - sums[0])[:, None])
