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
from econas_jax.training import DataParallelTrainer, Metrics, NetworkTask, Recipe, TrainState
from econas_jax.training.data_parallel import Scores
from econas_jax.training.network_step import smoothed_loss
from econas_jax.training.recipe import Statistics

BATCH, SIZE, CLASSES = 8, 8, 3
# Its edges have a normalisation, a maximum and a skip; two edges a node, and few of them: compilation is the cost.
CELL = CellGenotype(
    (
        Edge("dil_conv_3x3", 0),
        Edge("max_pool_3x3", 1),
        Edge("skip_connect", 0),
        Edge("skip_connect", 2),
    ),
    (2, 3),
)
NETWORK = CellNetwork(Genotype(CELL, CELL), channels=4, cells_per_stage=1, num_classes=CLASSES)
RANDOM = np.random.default_rng(0)
SPLIT = Split(
    RANDOM.integers(0, 256, (21, SIZE, SIZE, 3)).astype(np.uint8), RANDOM.integers(0, CLASSES, 21).astype(np.int32)
)
BATCHES = [SPLIT.take(np.arange(first, first + BATCH)) for first in (0, BATCH)]
RECIPE = Recipe(
    epochs=4,
    batch_size=BATCH,
    learning_rate=0.1,
    drop_path_probability=0.5,
    evaluation_batch_size=7,
    augmentation=Augmentation(1, True),
)
PLAIN = dataclasses.replace(
    RECIPE,
    weight_decay=0.0,
    gradient_clip=1e6,
    learning_rate=0.25,
    drop_path_probability=0.0,
    augmentation=Augmentation(0, False),
)
TASK = NetworkTask(network=NETWORK, recipe=RECIPE, resolution=SIZE, mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3), seed=5)


@dataclasses.dataclass(frozen=True)
class Trained:
    states: list[TrainState]
    metrics: list[Metrics]
    validation: Scores


@functools.cache
def trained(devices: int) -> Trained:
    """Two steps in epoch 2, and an evaluation."""
    trainer = DataParallelTrainer(TASK, jax.devices()[:devices])
    with quick_compilation():
        state = trainer.init()
        states, metrics = [jax.device_get(state)], []
        for index, batch in enumerate(BATCHES):
            state, step_metrics = trainer.step(state, batch, 2, index)
            states.append(jax.device_get(state))
            metrics.append(jax.device_get(step_metrics))
        return Trained(states, metrics, trainer.evaluate(state, [SPLIT]))


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
    recipe = dataclasses.replace(RECIPE, augmentation=Augmentation(0, False))
    trainer, batch = DataParallelTrainer(dataclasses.replace(TASK, recipe=recipe), jax.devices()[:2]), BATCHES[0]
    with quick_compilation():
        before = jax.device_get(trainer.init())
        after, metrics = jax.device_get(trainer.step(trainer.init(), batch, 0, 0))
        _, dropped = jax.device_get(trainer.step(trainer.init(), batch, 2, 0))
    variables = {"params": before.params, "batch_stats": before.batch_stats}
    plain = quick_jit(lambda images: NETWORK.apply(variables, images, train=True, mutable=["batch_stats"]))
    logits, updated = plain(pixels(batch))
    assert_close(after.batch_stats, updated["batch_stats"], 1e-5)
    assert float(metrics.loss) == pytest.approx(BATCH * float(mean_loss(logits, batch.labels)), rel=1e-5)
    assert float(metrics.accuracy) == np.sum(np.argmax(logits, axis=1) == batch.labels)
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
    trainer = DataParallelTrainer(dataclasses.replace(TASK, network=TwoHeads(), recipe=PLAIN), jax.devices()[:2])
    before = jax.device_get(trainer.init()).params
    after, metrics = jax.device_get(trainer.step(trainer.init(), BATCHES[0], 0, 0))
    flat, labels = pixels(BATCHES[0]).reshape(BATCH, -1), BATCHES[0].labels
    gradients = {name: jax.grad(lambda kernel: mean_loss(flat @ kernel, labels))(before[name]) for name in before}
    assert_close(before["head"] - after.params["head"], 0.25 * gradients["head"], 1e-4)
    assert_close(before["auxiliary"] - after.params["auxiliary"], 0.25 * 0.4 * gradients["auxiliary"], 1e-4)
    assert float(metrics.loss) == pytest.approx(BATCH * float(mean_loss(flat @ before["head"], labels)), rel=1e-5)


def test_smoothed_labels_share_evenly_among_all_classes() -> None:
    """torch's formula of DARTS, `cnn/train_imagenet.py`, written out for each image and class."""
    logits, labels = RANDOM.normal(size=(5, 4)).astype(np.float32), np.array([0, 3, 1, 1, 2])
    total = 0.0
    for row, label in zip(logits.astype(float), labels, strict=True):
        for place, value in enumerate(row):
            share = 0.1 / 4 + (0.9 if place == label else 0.0)
            total -= share * (value - np.log(np.sum(np.exp(row))))
    assert float(smoothed_loss(jnp.asarray(logits), jnp.asarray(labels), 0.1)) == pytest.approx(total / 5, rel=1e-5)


def test_smoothing_is_descended_in_both_losses_and_not_reported_nor_evaluated() -> None:
    recipe = dataclasses.replace(PLAIN, label_smoothing=0.2)
    trainer = DataParallelTrainer(dataclasses.replace(TASK, network=TwoHeads(), recipe=recipe), jax.devices()[:1])
    before = jax.device_get(trainer.init()).params
    scores = trainer.evaluate(trainer.init(), BATCHES[:1])
    after, metrics = jax.device_get(trainer.step(trainer.init(), BATCHES[0], 0, 0))
    flat, labels = pixels(BATCHES[0]).reshape(BATCH, -1), BATCHES[0].labels

    def smoothed(kernel: Any) -> jax.Array:
        """The label's cross-entropy, and that of every class."""
        of_all = [mean_loss(flat @ kernel, np.full(BATCH, place)) for place in range(CLASSES)]
        return 0.8 * mean_loss(flat @ kernel, labels) + 0.2 * sum(of_all, jnp.zeros(())) / CLASSES

    gradients = {name: jax.grad(smoothed)(before[name]) for name in before}
    assert_close(before["head"] - after.params["head"], 0.25 * gradients["head"], 1e-4)
    assert_close(before["auxiliary"] - after.params["auxiliary"], 0.25 * 0.4 * gradients["auxiliary"], 1e-4)
    plain = float(mean_loss(flat @ before["head"], labels))
    assert float(metrics.loss) == pytest.approx(BATCH * plain, rel=1e-5)
    assert scores.loss == pytest.approx(plain, rel=1e-5)


def test_evaluation_is_a_mean_over_all_images_whatever_the_batches() -> None:
    """21 images, evaluated 7 at a time; on two devices 8, and what does not fill that is filled up."""
    parts = [SPLIT.take(np.arange(first, min(first + 9, 21))) for first in (0, 9, 18)]
    for devices in (1, 2):
        trainer = DataParallelTrainer(dataclasses.replace(TASK, network=TwoHeads()), jax.devices()[:devices])
        state = trainer.init()
        logits = pixels(SPLIT).reshape(21, -1) @ np.asarray(state.params["head"])
        for batches in ([SPLIT], parts):
            result = trainer.evaluate(state, batches)
            assert result.loss == pytest.approx(float(mean_loss(logits, SPLIT.labels)), rel=1e-5)
            assert result.accuracy == pytest.approx(np.mean(np.argmax(logits, axis=1) == SPLIT.labels))


@dataclasses.dataclass(frozen=True)
class Centred(TwoHeads):
    """`TwoHeads` on pixels less their mean over the batch, which it keeps: a normalisation without a scale."""

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        made = super().init(rngs, *arguments, train=train)
        return made | {"batch_stats": {"mean": jnp.zeros(arguments[0][0].size)}}

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False) -> Any:
        flat = arguments[0].reshape(len(arguments[0]), -1)
        mean = jnp.mean(flat, axis=0) if train else variables["batch_stats"]["mean"]
        output = super().apply(variables, flat - mean[None], train=train)
        return (output[0], {"batch_stats": {"mean": mean}}) if train else output


def centred(statistics: Statistics, devices: int, size: int) -> tuple[TrainState, TrainState]:
    """States before and after a step on so many images."""
    recipe = dataclasses.replace(PLAIN, auxiliary_weight=0.0, statistics=statistics)
    task = dataclasses.replace(TASK, network=Centred(), recipe=recipe)
    trainer = DataParallelTrainer(task, jax.devices()[:devices])
    before = jax.device_get(trainer.init())
    after, _ = trainer.step(trainer.init(), SPLIT.take(np.arange(size)), 0, 0)
    return before, jax.device_get(after)


def centred_gradient(kernel: Any, shares: list[Split]) -> Any:
    """Written out: every share is centred by itself, the loss is the mean over all images."""

    def loss(kernel: Any) -> jax.Array:
        flats = [pixels(share).reshape(len(share), -1) for share in shares]
        logits = jnp.concatenate([(flat - flat.mean(axis=0)[None]) @ kernel for flat in flats])
        return mean_loss(logits, np.concatenate([share.labels for share in shares]))

    return jax.grad(loss)(kernel)


@pytest.mark.parametrize("statistics", ["global", "per-device"])
def test_statistics_of_the_whole_batch_or_of_each_device(statistics: Statistics) -> None:
    before, after = centred(statistics, 2, BATCH)
    whole = [SPLIT.take(np.arange(BATCH))]
    halves = [SPLIT.take(np.arange(4)), SPLIT.take(np.arange(4, BATCH))]
    expected, other = (centred_gradient(before.params["head"], shares) for shares in (whole, halves))
    if statistics == "per-device":
        expected, other = other, expected
    step = (before.params["head"] - after.params["head"]) / 0.25
    assert_close(step, expected, 1e-4)
    assert np.max(np.abs(step - other)) > 1e-2 * np.max(np.abs(step))
    # The running statistics are the means over the devices, here those of the whole batch.
    assert_close(after.batch_stats["mean"], pixels(whole[0]).reshape(BATCH, -1).mean(axis=0), 1e-5)


@pytest.mark.parametrize("statistics", ["global", "per-device"])
def test_a_short_batch_that_devices_cannot_share_is_trained_on_as_on_one(statistics: Statistics) -> None:
    """5 images on two devices: none is left out, none counts twice, and the statistics are those of the five."""
    before, after = centred(statistics, 2, 5)
    expected = centred_gradient(before.params["head"], [SPLIT.take(np.arange(5))])
    assert_close((before.params["head"] - after.params["head"]) / 0.25, expected, 1e-4)
    assert_close(after, centred("global", 1, 5)[1], 1e-5)


@pytest.mark.parametrize("size", [7, 3])
def test_a_batch_size_that_the_devices_cannot_share_is_refused(size: int) -> None:
    recipe = dataclasses.replace(RECIPE, batch_size=size)
    with pytest.raises(InputError, match="multiple of 2, the number of devices") as caught:
        DataParallelTrainer(dataclasses.replace(TASK, recipe=recipe), jax.devices()[:2])
    assert (caught.value.field, caught.value.value) == ("training.batch_size", size)
