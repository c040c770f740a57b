"""One epoch and one evaluation against NumPy: steps of SGD as torch takes them, means over all images, data order."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest
from tiny_network import RecordingNetwork, TinyNetwork, genotype_scale
from tiny_search import genotypes

from econas_jax.data.config import Augmentation
from econas_jax.training import Images, Metrics, Task, TrainingConfig, TrainState, evaluate, init_state, train_epoch

SIZE, CLASSES, RATE = 4, 3, 0.02
PLAIN = Augmentation(crop_padding=0, flip=False)
GENOTYPE, OTHER = (genotype.encode() for genotype in genotypes(2))
Array = npt.NDArray[np.float64]
Tree = dict[str, Array]


def make_task(network: Any = None, **config: Any) -> Task:
    training = dataclasses.replace(TrainingConfig(batch_size=4, learning_rate=RATE, augmentation=PLAIN), **config)
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
    return Task(network or TinyNetwork(), training, SIZE, 6, mean, std, seed=3)


@functools.cache
def program(task: Task) -> Callable[..., tuple[TrainState, Metrics]]:
    """An epoch of the task, compiled once a test session."""
    return jax.jit(functools.partial(train_epoch, task))


def images(count: int) -> Images:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (count, SIZE, SIZE, 3)).astype(np.uint8)
    return Images(jnp.asarray(pixels), jnp.asarray(rng.integers(0, CLASSES, count).astype(np.int32)))


def normalised(task: Task, split: Images) -> Array:
    pixels = np.asarray(split.images, np.float64) / 255
    return (pixels - np.array(task.mean)) / np.array(task.std)


def mean_loss(params: Tree, pixels: Array, labels: Any, mean: Any) -> jax.Array:
    """The cross-entropy written out; pixels [images, values], mean [1, values]."""
    logits = (pixels - mean) * genotype_scale(GENOTYPE) @ params["kernel"] + params["bias"][None]
    chosen = logits[jnp.arange(len(labels)), labels]
    return jnp.mean(jnp.log(jnp.sum(jnp.exp(logits), axis=1)) - chosen)


LOSS_AND_GRADIENT = jax.jit(jax.value_and_grad(mean_loss))


def loss_and_gradient(params: Tree, pixels: Array, labels: Any) -> tuple[float, Tree]:
    """On a batch, centred by its own mean, in float64."""
    with jax.enable_x64(True):
        loss, gradient = LOSS_AND_GRADIENT(params, pixels, labels, pixels.mean(0, keepdims=True))
    return float(loss), {name: np.asarray(value, np.float64) for name, value in gradient.items()}


def torch_sgd(params: Tree, config: TrainingConfig, batches: list[tuple[float, Array, Any]]) -> tuple[Tree, Any]:
    """clip_grad_norm_, then SGD.step of torch on (learning rate, pixels, labels); also losses and unclipped norms."""
    buffers: Tree = {}
    losses, norms = [], []
    for rate, pixels, labels in batches:
        loss, gradients = loss_and_gradient(params, pixels, labels)
        losses.append(loss)
        norms.append(math.sqrt(sum(float(np.sum(value**2)) for value in gradients.values())))
        shrink = min(1.0, config.gradient_clip / norms[-1])
        for name in sorted(params):
            step = gradients[name] * shrink + config.weight_decay * params[name]
            buffers[name] = config.momentum * buffers[name] + step if name in buffers else step
            params = params | {name: params[name] - rate * buffers[name]}
    return params, (losses, norms)


@pytest.mark.parametrize("clip", [0.2, 100.0])
def test_epochs_are_steps_of_torchs_sgd_with_one_cosine(clip: float) -> None:
    task = make_task(batch_size=3, gradient_clip=clip, weight_decay=0.02, momentum=0.8)
    split = images(10)
    pixels, labels = normalised(task, split).reshape(10, -1), np.asarray(split.labels)
    batches = []
    for epoch in range(4):
        rate = RATE / 2 * (1 + math.cos(math.pi * epoch / 6))
        order, _ = recorded(task.seed, epoch)
        batches += [(rate, pixels[order[i : i + 3]], labels[order[i : i + 3]]) for i in (0, 3, 6)]
    state = init_state(task, 0, GENOTYPE)
    start = {name: np.asarray(value, np.float64) for name, value in state.params.items()}
    expected, (losses, norms) = torch_sgd(start, task.config, batches)
    assert sum(norm > clip for norm in norms) >= 6 if clip < 1 else max(norms) < clip
    for epoch in range(4):
        state, metrics = program(task)(state, GENOTYPE, split, epoch)
        assert float(metrics.loss) == pytest.approx(np.mean(losses[3 * epoch : 3 * epoch + 3]), rel=1e-4)
    for name, value in expected.items():
        np.testing.assert_allclose(state.params[name], value, rtol=1e-5, atol=2e-6)
        assert np.abs(value - start[name]).max() > 0.005


def test_the_learning_rate_is_the_base_rate_first_and_constant_within_an_epoch() -> None:
    task = make_task()
    rates = [float(task.learning_rate(epoch)) for epoch in range(7)]
    expected = [RATE / 2 * (1 + math.cos(math.pi * epoch / 6)) for epoch in range(7)]
    assert rates[0] == np.float32(RATE) and rates[3] == pytest.approx(RATE / 2)
    np.testing.assert_allclose(rates, expected, atol=1e-7)


def test_a_step_updates_the_running_statistics_and_its_metrics_are_of_the_batch_it_trained_on() -> None:
    task = make_task(batch_size=5)
    split = images(5)  # one step over all images
    state = init_state(task, 0, GENOTYPE)
    pixels = normalised(task, split).reshape(5, -1)
    after, metrics = program(task)(state, GENOTYPE, split, 0)
    np.testing.assert_allclose(after.batch_stats["mean"], 0.1 * pixels.mean(0), rtol=1e-5, atol=1e-6)
    loss = mean_loss(state.params, pixels.astype(np.float32), split.labels, pixels.mean(0, np.float32, keepdims=True))
    assert float(metrics.loss) == pytest.approx(float(loss), rel=1e-5)
    centred = (pixels - pixels.mean(0)) @ np.asarray(state.params["kernel"])
    assert float(metrics.accuracy) == pytest.approx(float(np.mean(centred.argmax(1) == split.labels)))


@pytest.mark.parametrize("batch", [1, 4, 7, 500])
def test_evaluation_is_a_plain_mean_over_all_images(batch: int) -> None:
    task = make_task(evaluation_batch_size=batch)
    split = images(10)
    state = init_state(task, 0, GENOTYPE)
    mean = jnp.linspace(-1.0, 1.0, SIZE * SIZE * 3)
    state = state._replace(batch_stats=state.batch_stats | {"mean": mean})
    metrics = evaluate(task, state, GENOTYPE, split)
    pixels = normalised(task, split).reshape(10, -1)
    scores = (pixels - np.asarray(mean)) * float(genotype_scale(GENOTYPE)) @ np.asarray(state.params["kernel"])
    likelihoods = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    expected = -np.log(likelihoods[np.arange(10), split.labels]).mean()
    correct = int((scores.argmax(1) == split.labels).sum())
    assert 0 < correct < 10
    assert float(metrics.loss) == pytest.approx(expected, rel=1e-5)
    assert float(metrics.accuracy) == pytest.approx(correct / 10, rel=1e-6)


def numbered(count: int) -> Images:
    """Images that tell their number in red, and left from right in green."""
    pixels = np.zeros((count, SIZE, SIZE, 3), np.uint8)
    pixels[..., 0] = np.arange(count)[:, None, None]
    pixels[..., 1] = np.array([0, 50, 100, 150])
    return Images(jnp.asarray(pixels), jnp.zeros(count, jnp.int32))


def recorded(
    seed: int = 0, epoch: int = 0, candidate: int = 0, genotype: Any = GENOTYPE, flip: bool = False
) -> tuple[list[int], list[int]]:
    """Numbers and leftmost greens of the images of an epoch over 10 of them in batches of 3, in order."""
    task = dataclasses.replace(make_task(RecordingNetwork(9), batch_size=3), mean=(0.0,) * 3, std=(1 / 255,) * 3)
    task = dataclasses.replace(task, seed=seed)
    task = dataclasses.replace(task, config=dataclasses.replace(task.config, augmentation=Augmentation(0, flip)))
    state, _ = program(task)(init_state(task, candidate, genotype), genotype, numbered(10), epoch)
    seen = np.rint(np.asarray(state.batch_stats["seen"])).astype(int)
    return seen[:, 0].tolist(), seen[:, 1].tolist()


def test_an_epoch_takes_whole_batches_of_different_images_in_an_order_of_seed_and_epoch_alone() -> None:
    numbers, greens = recorded()
    assert len(numbers) == len(set(numbers)) == 9 and set(numbers) < set(range(10))
    assert greens == [0] * 9
    assert numbers != sorted(numbers)
    assert recorded(candidate=5, genotype=OTHER)[0] == numbers
    assert recorded(epoch=1)[0] != numbers
    assert recorded(seed=1)[0] != numbers


def test_every_image_has_its_turn_although_one_sits_out_each_epoch() -> None:
    absent = {(set(range(10)) - set(recorded(epoch=epoch)[0])).pop() for epoch in range(12)}
    assert len(absent) > 3


def test_images_are_augmented_anew_in_every_step_and_epoch_and_alike_for_all_candidates() -> None:
    _, greens = recorded(flip=True)
    assert set(greens) == {0, 150}
    steps = [greens[step : step + 3] for step in (0, 3, 6)]
    assert not steps[0] == steps[1] == steps[2]
    assert recorded(flip=True, epoch=1)[1] != greens
    assert recorded(flip=True, candidate=5, genotype=OTHER)[1] == greens


def test_initial_values_depend_on_seed_and_candidate() -> None:
    def kernel(task: Task, candidate: int) -> bytes:
        return np.asarray(init_state(task, candidate, GENOTYPE).params["kernel"]).tobytes()

    task = make_task()
    assert kernel(task, 0) == kernel(task, 0) == kernel(task, np.int32(0))  # type: ignore[arg-type]
    assert len({kernel(task, 0), kernel(task, 1), kernel(dataclasses.replace(task, seed=4), 0)}) == 3


def test_a_fresh_state_has_no_momentum_and_float32_leaves_alone() -> None:
    state = init_state(make_task(), 0, GENOTYPE)
    assert isinstance(state, TrainState)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(state))
    [momentum] = jax.tree.leaves(state.optimizer)  # of all parameters, one after another
    assert momentum.shape == (sum(leaf.size for leaf in jax.tree.leaves(state.params)),)
    assert not np.any(momentum)
