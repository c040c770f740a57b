"""Training of one large network on several devices, each with its share of every batch: for retraining a found cell.

`jax.jit` is told where the arrays live: the state on every device, the images spread over the mesh axis `data`. The
compiled program means what it means on one device, so a normalisation's statistics are those of the whole batch, and
the devices exchange what that takes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from econas_jax.data import Split, augment
from econas_jax.errors import require, require_number
from econas_jax.training.epoch import Images, Metrics, Task, descend, evaluate_batch, init_state, loss_and_correct
from econas_jax.training.keys import derive
from econas_jax.training.state import TrainState

DATA = "data"  # the mesh axis over the images of a batch


class Regularization(NamedTuple):
    """What retraining adds to the loss and takes from the network (DARTS on CIFAR-10: 0.4 and 0.2)."""

    auxiliary_weight: float = 0.4  # of the auxiliary head's loss, where the network has such a head
    drop_path_probability: float = 0.0  # in the last epoch; it grows in proportion to the epoch


PLAIN = Regularization()


class DataParallelTrainer:
    """Trains the one network of a task, a `CellNetwork`, on batches that it spreads over devices.

    The batch size has to be a multiple of the number of devices; evaluation takes any number of images.
    """

    def __init__(self, task: Task, devices: Sequence[jax.Device], regularization: Regularization = PLAIN) -> None:
        """Raises InputError for a batch size that the devices cannot share evenly, or a regularization out of range."""
        for name, value in regularization._asdict().items():
            require_number(name, value, lambda value: 0 <= value < 1, "a number in [0, 1)")
        mesh = Mesh(np.array(devices), (DATA,))
        self._task, self._devices = task, len(devices)
        self._everywhere = NamedSharding(mesh, PartitionSpec())
        self._spread = NamedSharding(mesh, PartitionSpec(DATA))
        self._check_batch(task.config.batch_size)
        whole, spread = self._everywhere, self._spread
        self._init = jax.jit(functools.partial(init_state, task, 0), out_shardings=whole)
        self._step = jax.jit(
            functools.partial(_step, task, regularization),
            in_shardings=(whole, spread, whole, whole),
            out_shardings=whole,
            donate_argnums=0,
        )
        self._evaluate = jax.jit(
            functools.partial(evaluate_batch, task), in_shardings=(whole, spread, spread), out_shardings=whole
        )

    def init(self) -> TrainState:
        """The state before the first step, which depends on the task's seed alone; on every device."""
        state: TrainState = self._init()
        return state

    def step(self, state: TrainState, batch: Split, epoch: int, index: int) -> tuple[TrainState, Metrics]:
        """One step on a batch in the host's memory, the index-th of its epoch; `state` must not be used afterwards.

        Augmentations and dropped paths depend on (seed, epoch, index) alone. Metrics are of the batch as it was trained
        on, without the auxiliary loss. Raises InputError for a batch that the devices cannot share evenly.
        """
        self._check_batch(len(batch.labels))
        stepped: tuple[TrainState, Metrics] = self._step(
            state, self._to_devices(batch), np.int32(epoch), np.int32(index)
        )
        return stepped

    def evaluate(self, state: TrainState, split: Split) -> Metrics:
        """Loss and accuracy over a whole split in the host's memory, with the running statistics."""
        count = len(split.labels)
        share = -(-min(self._task.config.evaluation_batch_size, count) // self._devices)
        batch, total = share * self._devices, Metrics(jnp.zeros(()), jnp.zeros(()))
        for first in range(0, count, batch):
            # The last batch is filled up with image 0, whose weight there is 0.
            places = np.arange(first, first + batch)
            part = self._to_devices(split.take(np.where(places < count, places, 0)))
            weights = jax.device_put((places < count).astype(np.float32), self._spread)
            total = jax.tree.map(jnp.add, total, self._evaluate(state, part, weights))
        return Metrics(total.loss / count, total.accuracy / count)

    def _to_devices(self, batch: Split) -> Images:
        return Images(*jax.device_put((batch.images, batch.labels), self._spread))

    def _check_batch(self, size: int) -> None:
        allowed = f"a multiple of {self._devices}, the number of devices"
        require(size > 0 and size % self._devices == 0, "training.batch_size", size, allowed)


def _step(
    task: Task, regularization: Regularization, state: TrainState, batch: Images, epoch: jax.Array, index: jax.Array
) -> tuple[TrainState, Metrics]:
    key = derive(task.seed, "augmentation", epoch, index)
    images = augment(key, batch.images, task.resolution, task.mean, task.std, task.config.augmentation)
    drop_path: dict[str, Any] = {}
    if regularization.drop_path_probability > 0:
        drop_path["drop_path_probability"] = regularization.drop_path_probability * epoch / task.total_epochs
        drop_path["rngs"] = {"drop_path": derive(task.seed, "drop path", epoch, index)}

    def loss_function(params: Any) -> tuple[jax.Array, tuple[Any, Metrics]]:
        variables = {"params": params, "batch_stats": state.batch_stats}
        output, updated = task.network.apply(variables, images, train=True, mutable=["batch_stats"], **drop_path)
        logits, *auxiliary = output if isinstance(output, tuple) else (output,)
        losses, correct = loss_and_correct(logits, batch.labels)
        loss = jnp.mean(losses)
        extra = sum((jnp.mean(loss_and_correct(other, batch.labels)[0]) for other in auxiliary), jnp.zeros(()))
        total = loss + regularization.auxiliary_weight * extra
        return total, (updated["batch_stats"], Metrics(loss, jnp.mean(correct)))

    return descend(task.optimizer(), task.learning_rate(epoch), state, loss_function)
