"""The two steps that methods are made of: one of the network's weights, one of the architecture."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from econas_jax.nn.darts.supernet import EdgeWeights, operation_masks
from econas_jax.supernet.method_configs import AdamConfig
from econas_jax.supernet.task import Measures, Seen, SupernetState, SupernetTask, Tree, batch_loss
from econas_jax.training.adam import Adam, adam_step
from econas_jax.training.epoch import Images
from econas_jax.training.optimizer import apply_gradient
from econas_jax.training.state import TrainState


def chosen_weights_step(
    task: SupernetTask, state: SupernetState, edges: EdgeWeights, batch: Images, learning_rate: jax.Array
) -> tuple[SupernetState, Measures]:
    """Takes a step of SGD in which operations of weight 0 keep their weights and momentum to the bit.

    A gradient of 0 alone would not do: momentum and weight decay move weights without one.
    """
    before = state.weights
    state, measures = weights_step(task, state, edges, batch, learning_rate)
    return state._replace(weights=chosen_alone(before, state.weights, edges)), measures


def chosen_alone(before: TrainState, after: TrainState, edges: EdgeWeights) -> TrainState:
    """Returns the weights after a step, those of operations of weight 0 and their momentum as before it."""
    masks = operation_masks(before.params, jax.lax.stop_gradient(edges))
    used = jax.tree.map(lambda mask, leaf: jnp.broadcast_to(mask > 0, leaf.shape), masks, before.params)
    params = jax.tree.map(jnp.where, used, after.params, before.params)
    flat, _ = ravel_pytree(used)  # all parameters are one vector to the optimiser
    optimizer = jax.tree.map(lambda new, old: jnp.where(flat, new, old), after.optimizer, before.optimizer)
    return after._replace(params=params, optimizer=optimizer)


def weights_step(
    task: SupernetTask, state: SupernetState, edges: EdgeWeights, batch: Images, learning_rate: jax.Array
) -> tuple[SupernetState, Measures]:
    """Takes a step of SGD on an augmented batch, the edges' weights being what they are."""

    def loss(params: Any) -> tuple[jax.Array, Seen]:
        return batch_loss(task, params, state.weights.batch_stats, edges, batch)

    (value, seen), gradient = jax.value_and_grad(loss, has_aux=True)(state.weights.params)
    weights = apply_gradient(task.optimizer(), learning_rate, state.weights, gradient, seen.batch_stats)
    return state._replace(weights=weights), {"train_loss": value, "train_accuracy": seen.accuracy}


def architecture_step(config: AdamConfig, state: SupernetState, gradient: Tree) -> SupernetState:
    """Takes a step of Adam down the architecture's gradient; the memory is Adam's."""
    adam = Adam(config.learning_rate, config.beta1, config.beta2, config.weight_decay)
    architecture, memory = adam_step(adam, state.architecture, state.memory, gradient)
    return state._replace(architecture=architecture, memory=memory)
