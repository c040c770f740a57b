"""One step of training one network on a batch that may be spread over devices: pure functions."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, PartitionSpec

from econas_jax.data import augment
from econas_jax.training.epoch import Images, Metrics, loss_and_correct
from econas_jax.training.keys import derive
from econas_jax.training.network_task import NetworkTask
from econas_jax.training.optimizer import apply_gradient
from econas_jax.training.state import TrainState

DATA = "data"  # the mesh axis over the images of a batch

Gradients = tuple[Any, Any, Metrics]  # of the parameters; new running statistics; sums over the images


class Moment(NamedTuple):
    """When a step is taken, what the recipe prescribes then, and the seed: data, so that all seeds share a program."""

    epoch: Any  # int32, from 0
    step: Any  # int32, within the epoch, from 0
    learning_rate: Any  # float32
    drop_path_probability: Any  # float32
    seed: Any  # int32


def network_step(
    task: NetworkTask, apart: Mesh | None, state: TrainState, batch: Images, moment: Moment
) -> tuple[TrainState, Metrics]:
    """Takes one step; returns the state after it, and sums over the batch as `gradients` does.

    apart: devices over which the batch is spread and on each of which normalisations see its own share alone; None:
    they see the whole batch.
    """
    key = derive(moment.seed, "augmentation", moment.epoch, moment.step)
    images = augment(key, batch.images, task.resolution, task.mean, task.std, task.recipe.augmentation)
    path_key = derive(moment.seed, "drop path", moment.epoch, moment.step)
    arguments = (state, images, batch.labels, moment.drop_path_probability, path_key)
    gradient, batch_stats, sums = gradients(task, *arguments) if apart is None else _apart(task, apart, *arguments)
    return apply_gradient(task.optimizer(), moment.learning_rate, state, gradient, batch_stats), sums


def _apart(task: NetworkTask, mesh: Mesh, *arguments: Any) -> Gradients:
    """Returns `gradients` with each device's normalisations over its own share; running statistics are their means."""

    def share(state: TrainState, images: Any, labels: Any, probability: Any, key: Any) -> Gradients:
        own_key = jax.random.fold_in(key, jax.lax.axis_index(DATA))
        gradient, batch_stats, sums = gradients(task, state, images, labels, probability, own_key)
        mean = functools.partial(jax.lax.pmean, axis_name=DATA)
        return mean(gradient), mean(batch_stats), jax.tree.map(lambda leaf: jax.lax.psum(leaf, DATA), sums)

    whole, spread = PartitionSpec(), PartitionSpec(DATA)
    specs = (whole, spread, spread, whole, whole)
    # check_vma=False: the gradient of replicated parameters would otherwise be summed already, and not be a mean.
    mapped = jax.shard_map(share, mesh=mesh, in_specs=specs, out_specs=whole, check_vma=False)
    result: Gradients = mapped(*arguments)
    return result


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
