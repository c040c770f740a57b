"""SGD as torch has it, for candidates and for single networks."""

from __future__ import annotations

from typing import Any

import jax
import optax

from econas_jax.training.state import TrainState


def torch_sgd(gradient_clip: float, weight_decay: float, momentum: float) -> optax.GradientTransformation:
    """Everything of torch's SGD but the learning rate, which depends on the epoch and not on the state.

    All parameters are one vector to it: a few operations instead of as many for each of some fifty arrays.
    """
    chain = optax.chain(
        optax.clip_by_global_norm(gradient_clip),
        optax.add_decayed_weights(weight_decay),
        optax.trace(decay=momentum),
    )
    return optax.flatten(chain)


def apply_gradient(
    optimizer: optax.GradientTransformation,
    learning_rate: jax.Array,
    state: TrainState,
    gradient: Any,
    batch_stats: Any,
) -> TrainState:
    """Takes one step down the gradient; batch_stats: the new running statistics."""
    updates, optimizer_state = optimizer.update(gradient, state.optimizer, state.params)
    params = jax.tree.map(lambda value, update: value - learning_rate * update, state.params, updates)
    return TrainState(params, batch_stats, optimizer_state)
