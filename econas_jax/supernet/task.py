"""What all steps of a search inside a supernet share: its network and images, its state; the loss of a batch."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from econas_jax.data import augment, prepare
from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.nn.darts.supernet.places import edge_count
from econas_jax.nn.network import Network
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, Genotype
from econas_jax.supernet.config import TrainingConfig
from econas_jax.supernet.derive import edge_counts
from econas_jax.supernet.schedules import learning_rate
from econas_jax.training.epoch import Images, loss_and_correct
from econas_jax.training.keys import derive
from econas_jax.training.optimizer import torch_sgd
from econas_jax.training.state import TrainState

Tree = Any
Measures = dict[str, jax.Array]  # means over a step, by name

# Names of measures: of a step of the weights, and of one of the architecture by held-out images.
TRAINED = ("train_loss", "train_accuracy")
HELD_OUT = ("architecture_loss", "architecture_accuracy")


class SupernetState(NamedTuple):
    """All that a search needs to go on, float32 throughout."""

    weights: TrainState  # of the network
    architecture: Tree  # what the method learns, such as a table of logits for each kind of cell
    memory: Tree  # of the architecture's optimiser, and what else the method remembers


class Moment(NamedTuple):
    """When a step is taken, what is prescribed then, and the seed: data, so that all seeds share a program."""

    epoch: Any  # int32, from 0
    step: Any  # int32, within the epoch, from 0
    learning_rate: Any  # float32, of the network's weights
    temperature: Any  # float32, of methods that sample
    seed: Any  # int32


class Batches(NamedTuple):
    """What a step reads: images for weights and for the architecture as stored; None where it reads none."""

    weights: Images | None
    architecture: Images | None


class Task(abc.ABC):
    """A supernet, and how its weights are trained. Its subclasses are hashable: compiled functions close over them."""

    network: Any  # a `Network` whose second argument is an architecture
    training: Any  # with batch_size, short_batch and augmentation
    resolution: int  # images are resized to it on the device
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @abc.abstractmethod
    def initial(self, key: jax.Array) -> TrainState:
        """Returns the weights before the first step."""

    @abc.abstractmethod
    def learning_rate(self, epochs: int, epoch: int, share: float) -> float:
        """Returns the rate of a step. epochs: of the whole search; epoch: from 0; share: of the epoch that is over."""

    @abc.abstractmethod
    def code(self, genotype: Any) -> Tree:
        """Returns a genotype as arrays on the host, of the same shapes and types for every genotype."""

    def calibrated(self, state: SupernetState, running: Tree, code: Tree, images: Images, number: jax.Array) -> Tree:
        """Returns running statistics for one genotype, means over batches of which this is the number-th, from 1.

        running: those over the batches before. They stay as they are where accuracies are by a batch's own statistics.
        """
        return running

    def augmented(self, images: Images | None, purpose: str, moment: Moment) -> Images:
        """Returns a batch as the network sees it: float32 [batch, r, r, 3]. purpose: that of the random key."""
        assert images is not None  # a phase says what its steps read
        key = derive(moment.seed, purpose, moment.epoch, moment.step)
        pixels = augment(key, images.images, self.resolution, self.mean, self.std, self.training.augmentation)
        return Images(pixels, images.labels)

    def prepared(self, images: Images | None) -> Images:
        """Returns a batch as `augmented` does, but not augmented."""
        assert images is not None
        return Images(prepare(images.images, self.resolution, self.mean, self.std), images.labels)


@dataclasses.dataclass(frozen=True)
class SupernetTask(Task):
    """The supernet of cells, and how its weights are trained."""

    network: Network  # called with images and `EdgeWeights`
    nodes: int  # of its cells
    training: TrainingConfig
    resolution: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def optimizer(self) -> optax.GradientTransformation:
        """Everything of torch's SGD but the learning rate."""
        training = self.training
        return torch_sgd(training.gradient_clip, training.weight_decay, training.momentum, training.nesterov)

    def initial(self, key: jax.Array, learnt: Callable[[Tree], Tree] = lambda params: params) -> TrainState:
        """Returns the weights before the first step. learnt: which of the network's parameters they are."""
        images = jnp.zeros((1, self.resolution, self.resolution, 3))
        table = jnp.zeros((edge_count(self.nodes), len(SEARCH_OPERATIONS)))
        variables = self.network.init(key, images, EdgeWeights(table, table), train=False)
        params = learnt(variables["params"])
        return TrainState(params, variables["batch_stats"], self.optimizer().init(params))

    def learning_rate(self, epochs: int, epoch: int, share: float) -> float:
        """Returns the rate by the training's schedule."""
        return learning_rate(self.training, epochs, epoch, share)

    def code(self, genotype: Genotype) -> EdgeWeights:
        """Returns the weights of edges with which the supernet is the genotype's."""
        counts: Any = edge_counts(genotype)
        return EdgeWeights(*counts)


class Seen(NamedTuple):
    """What a pass through the network leaves besides the loss."""

    batch_stats: Tree  # new running statistics
    accuracy: jax.Array  # of the batch, a fraction of 1


def batch_loss(
    task: SupernetTask, params: Tree, batch_stats: Tree, edges: EdgeWeights, batch: Images
) -> tuple[jax.Array, Seen]:
    """Returns the mean cross-entropy, in nats, of an augmented batch by the batch's own statistics."""
    variables = {"params": params, "batch_stats": batch_stats}
    logits, updated = task.network.apply(variables, batch.images, edges, train=True, mutable=["batch_stats"])
    losses, correct = loss_and_correct(logits, batch.labels)
    return jnp.mean(losses), Seen(updated["batch_stats"], jnp.mean(correct))


def batch_accuracy(
    task: SupernetTask, params: Tree, batch_stats: Tree, edges: EdgeWeights, images: Images
) -> jax.Array:
    """Returns the accuracy on a batch as stored, not augmented, by the batch's own statistics.

    Running statistics are mixed over all cells that were trained, and suit none of them.
    """
    return batch_loss(task, params, batch_stats, edges, task.prepared(images))[1].accuracy
