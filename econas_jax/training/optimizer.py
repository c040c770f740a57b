"""SGD as torch has it, for candidates and for single networks."""

from __future__ import annotations

from typing import Any

import jax
import optax

from econas_jax.training.state import TrainState


def torch_sgd(
    gradient_clip: float | None, weight_decay: float, momentum: float, nesterov: bool = False
) -> optax.GradientTransformation:
    """Everything of torch's SGD but the learning rate, which depends on the epoch and not on the state.

    gradient_clip: the largest global norm; None: any.

    All parameters are one vector to it: a few operations instead of as many for each of some fifty arrays.
    """
    chain = optax.chain(
        optax.identity() if gradient_clip is None else optax.clip_by_global_norm(gradient_clip),
        optax.add_decayed_weights(weight_decay),
        optax.trace(decay=momentum, nesterov=nesterov),
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
