"""One epoch of training and one pass of evaluation for one candidate: pure functions, each compiled as one program."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import optax

from econas_jax.data import augment, prepare
from econas_jax.nn.network import Network, ScratchNetwork
from econas_jax.training.config import TrainingConfig
from econas_jax.training.keys import derive
from econas_jax.training.optimizer import apply_gradient, torch_sgd
from econas_jax.training.state import TrainState

Auxiliary = TypeVar("Auxiliary")
Genotype = Any  # what the network takes as data: an EncodedGenotype for a SearchNetwork
Scratch = dict[str, Any]  # what a ScratchNetwork hands on, as a collection of it; empty for other networks


class Images(NamedTuple):
    """A split that lives on the device: images uint8 [count, size, size, 3], labels int32 [count]."""

    images: jax.Array
    labels: jax.Array


class Metrics(NamedTuple):
    """Means over an epoch's or a pass's images; loss is the cross-entropy in nats."""

    loss: jax.Array
    accuracy: jax.Array


@dataclasses.dataclass(frozen=True)
class Task:
    """What all candidates of a search share. Hashable, so it can be closed over by compiled functions."""

    network: Network
    config: TrainingConfig
    resolution: int  # the proxy's r: images are resized to it on the device
    total_epochs: int  # 3E: the learning rate's one cosine goes on through promotions
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    seed: int

    def optimizer(self) -> optax.GradientTransformation:
        """Everything of torch's SGD but the learning rate."""
        return torch_sgd(self.config.gradient_clip, self.config.weight_decay, self.config.momentum)

    def learning_rate(self, epoch: jax.Array | int) -> jax.Array:
        """Cosine from the first rate towards 0 over all epochs, constant within one (as the released code steps it)."""
        schedule = optax.cosine_decay_schedule(self.config.learning_rate, self.total_epochs)
        return jnp.asarray(schedule(epoch))


def init_state(task: Task, candidate: jax.Array | int, *genotype: Genotype) -> TrainState:
    """The state before the first epoch: initial values depend on (seed, candidate) and the genotype alone.

    genotype: for a network that takes it as data, here as in `evaluate_batch`.
    """
    images = jnp.zeros((1, task.resolution, task.resolution, 3))
    variables = task.network.init(derive(task.seed, "initial values", candidate), images, *genotype, train=False)
    return TrainState(variables["params"], variables["batch_stats"], task.optimizer().init(variables["params"]))


def train_epoch(
    task: Task, state: TrainState, genotype: Genotype, split: Images, epoch: jax.Array | int
) -> tuple[TrainState, Metrics]:
    """All batches of an epoch, in an order and with augmentations that depend on (seed, epoch, step) alone.

    The images that do not fill a last batch sit this epoch out (others in every epoch). Metrics are of the batches as
    they were trained on.
    """
    (state, _), metrics = train_epoch_within(task, (state, empty_scratch(task)), genotype, epoch, split)
    return state, metrics


def empty_scratch(task: Task) -> Scratch:
    """Memory for one candidate's training steps, of which nothing is expected that it holds."""
    if not isinstance(task.network, ScratchNetwork):
        return {}
    return {"scratch": task.network.scratch(task.config.batch_size, task.resolution)}


def train_epoch_within(
    task: Task, given: tuple[TrainState, Scratch], genotype: Genotype, epoch: jax.Array | int, split: Images
) -> tuple[tuple[TrainState, Scratch], Metrics]:
    """`train_epoch` in memory that is given, of an epoch before or of another candidate, and returned."""
    count, batch = split.labels.shape[0], task.config.batch_size
    steps = count // batch
    order = jax.random.permutation(derive(task.seed, "order", epoch), count)
    batches = order[: steps * batch].reshape(steps, batch)
    learning_rate = task.learning_rate(epoch)

    def step(carry: tuple[TrainState, Scratch], inputs: Any) -> tuple[tuple[TrainState, Scratch], Metrics]:
        (state, scratch), (index, chosen) = carry, inputs
        key = derive(task.seed, "augmentation", epoch, index)
        augmentation = task.config.augmentation
        images = augment(key, split.images[chosen], task.resolution, task.mean, task.std, augmentation)

        def loss_function(params: Any) -> tuple[jax.Array, tuple[Any, tuple[Metrics, Any]]]:
            variables = {"params": params, "batch_stats": state.batch_stats, **scratch}
            mutable = ["batch_stats", *scratch]
            logits, updated = task.network.apply(variables, images, genotype, train=True, mutable=mutable)
            loss, correct = loss_and_correct(logits, split.labels[chosen])
            metrics = Metrics(jnp.mean(loss), jnp.mean(correct))
            return metrics.loss, (updated["batch_stats"], (metrics, {name: updated[name] for name in scratch}))

        state, (metrics, scratch) = descend(task.optimizer(), learning_rate, state, loss_function)
        return (state, scratch), metrics

    carry, metrics = jax.lax.scan(step, given, (jnp.arange(steps), batches))
    return carry, Metrics(jnp.mean(metrics.loss), jnp.mean(metrics.accuracy))


def descend(
    optimizer: optax.GradientTransformation,
    learning_rate: jax.Array,
    state: TrainState,
    loss_function: Callable[[Any], tuple[jax.Array, tuple[Any, Auxiliary]]],
) -> tuple[TrainState, Auxiliary]:
    """One step of SGD. loss_function makes (loss, (new running statistics, more to return)) of parameters."""
    (_, (batch_stats, auxiliary)), gradient = jax.value_and_grad(loss_function, has_aux=True)(state.params)
    return apply_gradient(optimizer, learning_rate, state, gradient, batch_stats), auxiliary


def evaluate(task: Task, state: TrainState, genotype: Genotype, split: Images) -> Metrics:
    """Loss and accuracy over a whole split with the running statistics, without augmentation."""
    count, batch = split.labels.shape[0], min(task.config.evaluation_batch_size, split.labels.shape[0])
    steps = -(-count // batch)
    # The last batch is filled up with image 0, whose weight there is 0.
    indices = jnp.arange(steps * batch)
    weights = (indices < count).astype(jnp.float32)
    batches = jnp.where(indices < count, indices, 0).reshape(steps, batch)

    def step(total: Metrics, inputs: tuple[jax.Array, jax.Array]) -> tuple[Metrics, None]:
        chosen, weight = inputs
        part = evaluate_batch(task, state, Images(split.images[chosen], split.labels[chosen]), weight, genotype)
        return jax.tree.map(jnp.add, total, part), None

    zero = jnp.zeros(())
    total, _ = jax.lax.scan(step, Metrics(zero, zero), (batches, weights.reshape(steps, batch)))
    return Metrics(total.loss / count, total.accuracy / count)


def evaluate_batch(task: Task, state: TrainState, batch: Images, weights: jax.Array, *genotype: Genotype) -> Metrics:
    """Sums over a batch, each image with its weight [batch], with the running statistics."""
    images = prepare(batch.images, task.resolution, task.mean, task.std)
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, correct = loss_and_correct(task.network.apply(variables, images, *genotype, train=False), batch.labels)
    return Metrics(jnp.sum(weights * losses), jnp.sum(weights * correct))


def loss_and_correct(logits: jax.Array, labels: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cross-entropy and 0/1 correctness of each image; logits [batch, classes], labels [batch]."""
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return losses, (jnp.argmax(logits, axis=-1) == labels).astype(jnp.float32)
