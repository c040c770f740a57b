"""The training of one network for its own sake: a step and an evaluation, pure functions of batches."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from econas_jax.data import augment, prepare
from econas_jax.nn.network import Network
from econas_jax.training.epoch import Images, Metrics, loss_and_correct
from econas_jax.training.keys import derive
from econas_jax.training.optimizer import torch_sgd
from econas_jax.training.recipe import Recipe
from econas_jax.training.state import TrainState

Gradients = tuple[Any, Any, Metrics]  # of the parameters; new running statistics; sums over the images


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
        return torch_sgd(self.recipe.gradient_clip, self.recipe.weight_decay, self.recipe.momentum)


class Moment(NamedTuple):
    """When a step is taken, and what the recipe prescribes then."""

    epoch: Any  # int32, from 0
    step: Any  # int32, within the epoch, from 0
    learning_rate: Any  # float32
    drop_path_probability: Any  # float32


def initial_state(task: NetworkTask) -> TrainState:
    """Returns the state before the first step, which depends on the seed and the network alone."""
    images = jnp.zeros((1, task.resolution, task.resolution, 3))
    variables = task.network.init(derive(task.seed, "initial values", 0), images, train=False)
    return TrainState(variables["params"], variables["batch_stats"], task.optimizer().init(variables["params"]))


def augmented(task: NetworkTask, images: jax.Array, moment: Moment) -> jax.Array:
    """Returns uint8 images [batch, h, w, 3] as the step of this moment sees them."""
    key = derive(task.seed, "augmentation", moment.epoch, moment.step)
    return augment(key, images, task.resolution, task.mean, task.std, task.recipe.augmentation)


def drop_path_key(task: NetworkTask, moment: Moment) -> jax.Array:
    """Returns the key that decides which paths the step of this moment drops."""
    return derive(task.seed, "drop path", moment.epoch, moment.step)


def gradients(
    task: NetworkTask, state: TrainState, images: jax.Array, labels: jax.Array, probability: jax.Array, key: jax.Array
) -> Gradients:
    """Returns the gradient of the batch's mean loss, new running statistics, and sums for the history.

    images: augmented, float [batch, r, r, 3]; probability, key: of dropped paths. The loss has the recipe's label
    smoothing and the auxiliary head's part; the sums are of the plain cross-entropy and of correct images.
    """
    recipe = task.recipe
    drop_path: dict[str, Any] = {}
    if recipe.drop_path_probability > 0:
        drop_path = {"drop_path_probability": probability, "rngs": {"drop_path": key}}

    def loss_function(params: Any) -> tuple[jax.Array, tuple[Any, Metrics]]:
        variables = {"params": params, "batch_stats": state.batch_stats}
        output, updated = task.network.apply(variables, images, train=True, mutable=["batch_stats"], **drop_path)
        logits, *auxiliary = output if isinstance(output, tuple) else (output,)
        loss = smoothed_loss(logits, labels, recipe.label_smoothing)
        for other in auxiliary:
            loss += recipe.auxiliary_weight * smoothed_loss(other, labels, recipe.label_smoothing)
        losses, correct = loss_and_correct(logits, labels)
        return loss, (updated["batch_stats"], Metrics(jnp.sum(losses), jnp.sum(correct)))

    (_, (batch_stats, sums)), gradient = jax.value_and_grad(loss_function, has_aux=True)(state.params)
    return gradient, batch_stats, sums


def smoothed_loss(logits: jax.Array, labels: jax.Array, smoothing: float) -> jax.Array:
    """Returns the mean cross-entropy of logits [batch, classes] with labels [batch] that are smoothed.

    The label's share is 1 - smoothing, and `smoothing` is spread evenly over all classes, the label's included (Szegedy
    et al., 2016; DARTS, `cnn/train_imagenet.py`).
    """
    targets = optax.smooth_labels(jax.nn.one_hot(labels, logits.shape[-1]), smoothing)
    return jnp.mean(optax.softmax_cross_entropy(logits, targets))


def evaluated(task: NetworkTask, state: TrainState, batch: Images, weights: jax.Array) -> Metrics:
    """Returns sums over a batch, each image with its weight [batch], with the running statistics."""
    images = prepare(batch.images, task.resolution, task.mean, task.std)
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, correct = loss_and_correct(task.network.apply(variables, images, train=False), batch.labels)
    return Metrics(jnp.sum(weights * losses), jnp.sum(weights * correct))
