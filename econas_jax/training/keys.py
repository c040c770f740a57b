"""Random keys for training: each is a function of (seed, purpose, numbers), never of placement, order or restarts."""

from __future__ import annotations

import jax

_PURPOSES = (
    "initial values",
    "order",
    "augmentation",
    "drop path",
    "architecture values",
    "architecture augmentation",
    "architecture sample",
    "hypernetwork noise",
)


def derive(seed: jax.Array | int, purpose: str, *numbers: jax.Array | int) -> jax.Array:
    """The key of a purpose for, say, a candidate, or an epoch and a step; numbers may be traced.

    A traced seed is an int32 and gives the key of the same number untraced."""
    key = jax.random.fold_in(jax.random.key(seed), _PURPOSES.index(purpose))
    for number in numbers:
        key = jax.random.fold_in(key, number)
    return key
