"""Training of one network on several devices, each with its share of every batch: for retraining a found cell.

`jax.jit` is told where the arrays live: the state on every device, the images spread over the mesh axis `data`. The
compiled program means what it means on one device, so a normalisation's statistics are those of the whole batch, and
the devices exchange what that takes. The recipe may ask for statistics of each device's share instead.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh

from econas_jax.data import Split
from econas_jax.errors import require
from econas_jax.training.compile.beside import compiled_beside
from econas_jax.training.compile.kept_program import Shape
from econas_jax.training.epoch import Images, Metrics
from econas_jax.training.network_programs import NetworkPrograms
from econas_jax.training.network_step import DATA, Moment
from econas_jax.training.network_task import NetworkTask
from econas_jax.training.schedule import drop_path_probability, learning_rate
from econas_jax.training.state import TrainState


class Scores(NamedTuple):
    """Means over the images of an evaluation; loss is the cross-entropy in nats."""

    loss: float
    accuracy: float


class DataParallelTrainer:
    """Trains the one network of a task on batches that it spreads over devices.

    The batch size has to be a multiple of the number of devices. A short batch that the devices cannot share evenly is
    computed whole on each of them: no image is lost, doubled or padded, so its statistics are right. Evaluation takes
    any number of images.
    """

    def __init__(self, task: NetworkTask, devices: Sequence[jax.Device]) -> None:
        """Compiles nothing yet. Raises InputError for a batch size that the devices cannot share evenly."""
        self.task, self._devices = task, len(devices)
        size = task.recipe.batch_size
        allowed = f"a multiple of {self._devices}, the number of devices"
        require(size % self._devices == 0, "training.batch_size", size, allowed)
        self._sources = NetworkPrograms(task, Mesh(np.array(devices), (DATA,)))
        self._evaluation_batch = -(-task.recipe.evaluation_batch_size // self._devices) * self._devices
        self._programs: dict[Shape, Any] = {}  # steps, by the shape of their images
        self._evaluate: Any = None

    def shapes(self) -> TrainState:
        """Returns the shapes of a state; raises InputError if the network cannot take the task's images."""
        return self._sources.shapes

    def init(self, check: Callable[[], None] = lambda: None) -> TrainState:
        """Returns the state before the first step, on every device; check: as `prepare`'s."""
        made = compiled_beside({"initial values": self._sources.init}, check)
        state: TrainState = made["initial values"](np.int32(self.task.seed))
        return state

    def put(self, state: TrainState) -> TrainState:
        """Returns a state of host arrays on every device."""
        placed: TrainState = jax.device_put(state, self._sources.everywhere)
        return placed

    def prepare(self, image: Shape, batch_sizes: Iterable[int], check: Callable[[], None] = lambda: None) -> None:
        """Compiles the steps for batches of these sizes, at once; image: [height, width, 3] as stored.

        check: is called several times a second, and ends it by raising.
        """
        shapes = [(size, *image) for size in batch_sizes]
        missing = {
            shape: functools.partial(self._sources.step, shape) for shape in shapes if shape not in self._programs
        }
        self._programs |= compiled_beside(missing, check)

    def step(self, state: TrainState, batch: Split, epoch: int, index: int) -> tuple[TrainState, Metrics]:
        """Takes one step on a batch in the host's memory, the index-th of its epoch; `state` is used up by it.

        Augmentations and dropped paths depend on (seed, epoch, index) alone. Metrics are sums over the batch as it was
        trained on, without label smoothing and the auxiliary loss.
        """
        recipe = self.task.recipe
        rates = np.float32(learning_rate(recipe, epoch)), np.float32(drop_path_probability(recipe, epoch))
        moment = Moment(np.int32(epoch), np.int32(index), *rates, np.int32(self.task.seed))
        images = Images(*jax.device_put((batch.images, batch.labels), self._sources.sharding(len(batch))))
        stepped: tuple[TrainState, Metrics] = self._program(batch.images.shape)(state, images, moment)
        return stepped

    def evaluate(self, state: TrainState, batches: Iterable[Split]) -> Scores:
        """Scores a state on batches in the host's memory, at least one, with the running statistics."""
        count, total = 0, Scores(0.0, 0.0)
        for batch in batches:
            for first in range(0, len(batch), self._evaluation_batch):
                part = self._evaluated(state, batch, first)
                total = Scores(total.loss + float(part.loss), total.accuracy + float(part.accuracy))
            count += len(batch)
        return Scores(total.loss / count, total.accuracy / count)

    def _evaluated(self, state: TrainState, batch: Split, first: int) -> Metrics:
        # The last batch is filled up with image 0, whose weight there is 0.
        places = np.arange(first, first + self._evaluation_batch)
        there = places < len(batch)
        part = batch.take(np.where(there, places, 0))
        images, labels, weights = jax.device_put(
            (part.images, part.labels, there.astype(np.float32)), self._sources.spread
        )
        if self._evaluate is None:
            self._evaluate = self._sources.evaluation(images.shape)
        sums: Metrics = self._evaluate(state, Images(images, labels), weights)
        return sums

    def _program(self, shape: Shape) -> Any:
        if shape not in self._programs:
            self._programs[shape] = self._sources.step(shape)
        return self._programs[shape]
