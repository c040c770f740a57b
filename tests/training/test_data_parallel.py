"""One network on batches spread over devices: the same as on one device, and as the plain network says."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, quick_jit
from tiny_search import quick_compilation

from econas_jax.data import Split
from econas_jax.data.config import Augmentation
from econas_jax.errors import InputError
from econas_jax.nn import CellNetwork
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype
from econas_jax.training import DataParallelTrainer, Metrics, Regularization, Task, TrainingConfig, TrainState

BATCH, SIZE, CLASSES = 8, 8, 3
# Its edges have a normalisation, a maximum and a skip; two edges a node, and few of them: compilation is the cost.
CELL = CellGenotype(
    (
        Edge("sep_conv_3x3", 0),
        Edge("skip_connect", 1),
        Edge("max_pool_3x3", 1),
        Edge("dil_conv_3x3", 2),
    ),
    (2, 3),
)
NETWORK = CellNetwork(Genotype(CELL, CELL), channels=4, cells_per_stage=1, num_classes=CLASSES)
RANDOM = np.random.default_rng(0)
SPLIT = Split(
    RANDOM.integers(0, 256, (21, SIZE, SIZE, 3)).astype(np.uint8), RANDOM.integers(0, CLASSES, 21).astype(np.int32)
)
BATCHES = [SPLIT.take(np.arange(first, first + BATCH)) for first in (0, BATCH)]
TASK = Task(
    network=NETWORK,
    config=TrainingConfig(batch_size=BATCH, evaluation_batch_size=7, augmentation=Augmentation(1, True)),
    resolution=SIZE,
    total_epochs=4,
    mean=(0.4, 0.5, 0.6),
    std=(0.2, 0.25, 0.3),
    seed=5,
)
DROP_PATH = Regularization(drop_path_probability=0.5)


@dataclasses.dataclass(frozen=True)
class Trained:
    states: list[TrainState]
    metrics: list[Metrics]
    validation: Metrics


@functools.cache
def trained(devices: int) -> Trained:
    """Two steps in epoch 2, and an evaluation."""
    trainer = DataParallelTrainer(TASK, jax.devices()[:devices], DROP_PATH)
    with quick_compilation():
        state = trainer.init()
        states, metrics = [jax.device_get(state)], []
        for index, batch in enumerate(BATCHES):
            state, step_metrics = trainer.step(state, batch, 2, index)
            states.append(jax.device_get(state))
            metrics.append(jax.device_get(step_metrics))
        return Trained(states, metrics, jax.device_get(trainer.evaluate(state, SPLIT)))


def pixels(split: Split) -> Any:
    """As the network sees them without augmentation."""
    return ((split.images / 255 - np.array(TASK.mean)) / np.array(TASK.std)).astype(np.float32)


def mean_loss(logits: Any, labels: Any) -> jax.Array:
    """The cross-entropy written out."""
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - logits[jnp.arange(len(labels)), labels])


def test_two_devices_do_what_one_does() -> None:
    """With the same augmentations and the same dropped paths."""
    one, two = trained(1), trained(2)
    assert_close(two.states, one.states, 2e-5)
    assert_close(two.metrics, one.metrics, 1e-5)
    assert_close(two.validation, one.validation, 1e-5)
    moved = [np.any(before != after) for before, after in zip(*map(jax.tree.leaves, one.states[:2]), strict=True)]
    assert all(moved)


def test_statistics_are_those_of_the_whole_batch_and_paths_are_dropped() -> None:
    """No path is dropped in epoch 0, so the step there is the plain network's; in a later epoch it is not."""
    task = dataclasses.replace(TASK, config=dataclasses.replace(TASK.config, augmentation=Augmentation(0, False)))
    trainer, batch = DataParallelTrainer(task, jax.devices()[:2], DROP_PATH), BATCHES[0]
    with quick_compilation():
        before = jax.device_get(trainer.init())
        after, metrics = jax.device_get(trainer.step(trainer.init(), batch, 0, 0))
        _, dropped = jax.device_get(trainer.step(trainer.init(), batch, 2, 0))
    variables = {"params": before.params, "batch_stats": before.batch_stats}
    plain = quick_jit(lambda images: NETWORK.apply(variables, images, train=True, mutable=["batch_stats"]))
    logits, updated = plain(pixels(batch))
    assert_close(after.batch_stats, updated["batch_stats"], 1e-5)
    assert float(metrics.loss) == pytest.approx(float(mean_loss(logits, batch.labels)), rel=1e-5)
    assert float(metrics.accuracy) == pytest.approx(np.mean(np.argmax(logits, axis=1) == batch.labels))
    assert abs(float(dropped.loss - metrics.loss)) > 1e-3


@dataclasses.dataclass(frozen=True)
class TwoHeads:
    """Linear logits, in training with those of an auxiliary head."""

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        inputs = arguments[0][0].size
        kernels = jax.random.normal(rngs, (2, inputs, CLASSES)) / 10
        return {"params": {"head": kernels[0], "auxiliary": kernels[1]}, "batch_stats": {"seen": jnp.zeros(())}}

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False) -> Any:
        (images,) = arguments
        logits, auxiliary = (images.reshape(len(images), -1) @ kernel for kernel in self.kernels(variables))
        return ((logits, auxiliary), variables) if train else logits

    @staticmethod
    def kernels(variables: Any) -> tuple[jax.Array, jax.Array]:
        return variables["params"]["head"], variables["params"]["auxiliary"]


def test_the_auxiliary_loss_is_descended_with_its_weight_and_not_reported() -> None:
    config = TrainingConfig(
        batch_size=BATCH, learning_rate=0.25, weight_decay=0.0, gradient_clip=1e6, augmentation=Augmentation(0, False)
    )
    trainer = DataParallelTrainer(
        dataclasses.replace(TASK, network=TwoHeads(), config=config), jax.devices()[:2], Regularization(0.4)
    )
    before = jax.device_get(trainer.init()).params
    after, metrics = jax.device_get(trainer.step(trainer.init(), BATCHES[0], 0, 0))
    flat, labels = pixels(BATCHES[0]).reshape(BATCH, -1), BATCHES[0].labels
    gradients = {name: jax.grad(lambda kernel: mean_loss(flat @ kernel, labels))(before[name]) for name in before}
    assert_close(before["head"] - after.params["head"], 0.25 * gradients["head"], 1e-4)
    assert_close(before["auxiliary"] - after.params["auxiliary"], 0.25 * 0.4 * gradients["auxiliary"], 1e-4)
    assert float(metrics.loss) == pytest.approx(float(mean_loss(flat @ before["head"], labels)), rel=1e-5)


def test_evaluation_is_a_mean_over_all_images_whatever_the_batch() -> None:
    """21 images, batches of 7; on two devices of 8, the last one filled up."""
    task = dataclasses.replace(TASK, network=TwoHeads())
    for devices in (1, 2):
        trainer = DataParallelTrainer(task, jax.devices()[:devices])
        state = trainer.init()
        result = trainer.evaluate(state, SPLIT)
        logits = pixels(SPLIT).reshape(21, -1) @ np.asarray(state.params["head"])
        assert float(result.loss) == pytest.approx(float(mean_loss(logits, SPLIT.labels)), rel=1e-5)
        assert float(result.accuracy) == pytest.approx(np.mean(np.argmax(logits, axis=1) == SPLIT.labels))


@pytest.mark.parametrize("size", [7, 3])
def test_a_batch_that_the_devices_cannot_share_is_refused(size: int) -> None:
    task = dataclasses.replace(TASK, config=dataclasses.replace(TASK.config, batch_size=size))
    with pytest.raises(InputError, match="multiple of 2, the number of devices") as caught:
        DataParallelTrainer(task, jax.devices()[:2])
    assert (caught.value.field, caught.value.value) == ("training.batch_size", size)
    trainer = DataParallelTrainer(dataclasses.replace(TASK, network=TwoHeads()), jax.devices()[:2])
    for wrong in (size, 0):
        with pytest.raises(InputError, match="multiple of 2"):
            trainer.step(trainer.init(), SPLIT.take(np.arange(wrong)), 0, 0)


@pytest.mark.parametrize("field", Regularization._fields)
@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan"), True])
def test_refused_regularization(field: str, value: float) -> None:
    with pytest.raises(InputError) as caught:
        DataParallelTrainer(TASK, jax.devices()[:1], Regularization(**{field: value}))
    assert caught.value.field == field
