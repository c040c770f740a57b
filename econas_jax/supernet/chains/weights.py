"""A step of the supernet's weights by one path: what the path does not use stays as it is, bit for bit."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.chain import ChainSupernet, chosen_masks, where_chosen
from econas_jax.training.epoch import Images, loss_and_correct
from econas_jax.training.network_step import smoothed_loss
from econas_jax.training.state import TrainState

Tree = Any
Measures = dict[str, jax.Array]


class WeightsRecipe(NamedTuple):
    """SGD as torch has it (defaults: ProxylessNAS). SPOS: no Nesterov, a decay of matrices alone."""

    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 4e-5
    decays_vectors: bool = True  # whether scales, shifts and the classifier's bias decay, too
    label_smoothing: float = 0.1


def initial_weights(network: ChainSupernet, key: jax.Array, resolution: int) -> TrainState:
    """Returns the weights before the first step, their statistics, and a momentum of 0."""
    variables = network.init(key, jnp.zeros((1, resolution, resolution, 3)), train=False)
    momentum = jax.tree.map(jnp.zeros_like, variables["params"])
    return TrainState(variables["params"], variables["batch_stats"], momentum)


def weights_step(
    network: ChainSupernet,
    recipe: WeightsRecipe,
    state: TrainState,
    path: jax.Array,
    batch: Images,
    learning_rate: jax.Array,
) -> tuple[TrainState, Measures]:
    """Takes a step by a batch of images [batch, size, size, 3], normalised, along a path int32 [places].

    Weights, momentum and statistics of other candidates stay to the bit: with a gradient of 0 alone, weight decay and
    momentum would move them. torch leaves parameters without a gradient alone in the same way.
    """

    def loss(params: Tree) -> tuple[jax.Array, tuple[jax.Array, Tree]]:
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, new = network.apply(variables, batch.images, path, train=True, mutable=["batch_stats"])
        return smoothed_loss(logits, batch.labels, recipe.label_smoothing), (logits, new["batch_stats"])

    (_, (logits, statistics)), gradient = jax.value_and_grad(loss, has_aux=True)(state.params)
    masks = chosen_masks(network.space, state.params, path)
    params, momentum = chosen_sgd(recipe, state, gradient, masks, learning_rate)
    statistics = where_chosen(chosen_masks(network.space, statistics, path), statistics, state.batch_stats)
    losses, correct = loss_and_correct(logits, batch.labels)
    measures = {"train_loss": jnp.mean(losses), "train_accuracy": jnp.mean(correct)}
    return TrainState(params, statistics, momentum), measures


def chosen_sgd(
    recipe: WeightsRecipe, state: TrainState, gradient: Tree, masks: Tree, learning_rate: jax.Array
) -> tuple[Tree, Tree]:
    """Returns weights and momentum after a step of SGD; where a mask is false they are the old ones to the bit."""

    def decayed(slope: jax.Array, value: jax.Array) -> jax.Array:
        return slope + recipe.weight_decay * value if recipe.decays_vectors or value.ndim > 1 else slope

    slopes = jax.tree.map(decayed, gradient, state.params)
    moved = jax.tree.map(lambda old, slope: recipe.momentum * old + slope, state.optimizer, slopes)
    steps = jax.tree.map(lambda new, slope: slope + recipe.momentum * new, moved, slopes) if recipe.nesterov else moved
    params = jax.tree.map(lambda value, step: value - learning_rate * step, state.params, steps)
    return where_chosen(masks, params, state.params), where_chosen(masks, moved, state.optimizer)
