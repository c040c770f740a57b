"""The training of one network for its own sake: what it depends on, where it starts, and how it is evaluated."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import optax

from econas_jax.data import prepare
from econas_jax.nn.network import Network
from econas_jax.training.epoch import Images, Metrics, loss_and_correct
from econas_jax.training.keys import derive
from econas_jax.training.optimizer import torch_sgd
from econas_jax.training.recipe import Recipe
from econas_jax.training.state import TrainState


@dataclasses.dataclass(frozen=True)
class NetworkTask:
    """One network and how it is trained. Hashable, so it can be closed over by compiled functions."""

    network: Network
    recipe: Recipe
    resolution: int  # images are resized to it on the device
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    seed: int

    def optimizer(self) -> optax.GradientTransformation:
        """Everything of torch's SGD but the learning rate."""
        recipe = self.recipe
        return torch_sgd(recipe.gradient_clip, recipe.weight_decay, recipe.momentum, recipe.nesterov)


def initial_state(task: NetworkTask, seed: jax.Array | int) -> TrainState:
    """Returns the state before the first step, which depends on the seed and the network alone.

    seed: that of the task; traced, so that all seeds share a program.
    """
    images = jnp.zeros((1, task.resolution, task.resolution, 3))
    variables = task.network.init(derive(seed, "initial values", 0), images, train=False)
    return TrainState(variables["params"], variables["batch_stats"], task.optimizer().init(variables["params"]))


def evaluated(task: NetworkTask, state: TrainState, batch: Images, weights: jax.Array) -> Metrics:
    """Returns sums over a batch, each image with its weight [batch], with the running statistics."""
    images = prepare(batch.images, task.resolution, task.mean, task.std)
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, correct = loss_and_correct(task.network.apply(variables, images, train=False), batch.labels)
    return Metrics(jnp.sum(weights * losses), jnp.sum(weights * correct))
