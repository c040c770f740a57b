"""Steps of chains' supernets: the plain network's step, what stays to the bit, statistics computed anew."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
import reference_network as reference
from network_cases import in_double, quick_jit, random_images, random_variables
from tiny_chain import ToyChainSupernet

from econas_jax.nn.chain import ChainNetwork, ChainSupernet, chosen_masks, specialize
from econas_jax.spaces.chain import ChainSpace, mbconv_space, shufflenet_space
from econas_jax.supernet.chains import (
    Proxyless,
    WeightsRecipe,
    architecture_memory,
    initial_weights,
    multiply_add_table,
    path_accuracy,
    path_statistics,
    weights_step,
)
from econas_jax.supernet.chains.sampling import available, sample_pair, shares
from econas_jax.supernet.chains.weights import chosen_sgd
from econas_jax.training.epoch import Images
from econas_jax.training.network_step import smoothed_loss
from econas_jax.training.optimizer import torch_sgd
from econas_jax.training.state import TrainState

SIZE, CLASSES, RATE = 4, 3, 0.05


def of_candidates(space: ChainSpace, *numbers: int) -> ChainSpace:
    """The space with some of its candidates alone, which compiles sooner."""
    places = tuple(tuple(place[number] for number in numbers) for place in space.places)
    return dataclasses.replace(space, places=places, labels=tuple(space.labels[number] for number in numbers))


BLOCKS = mbconv_space(0.125, widths=(64,), depths=(1,), strides=(1,), stem_stride=1)
MBCONV = ChainSupernet(of_candidates(BLOCKS, 0, 2, 6), CLASSES)  # k3e3, k5e3 and Zero
SHUFFLES = shufflenet_space(widths=(8,), depths=(1,), stem=4, last=6, stem_stride=1)
SHUFFLENET = ChainSupernet(of_candidates(SHUFFLES, 0, 3), CLASSES)  # shuffle3 and xception


def state_of(network: ChainSupernet, seed: int) -> TrainState:
    """Unlike a first one: no statistic, scale, shift or momentum has its initial value."""
    shapes = jax.eval_shape(lambda: initial_weights(network, jax.random.key(0), SIZE))
    made = random_variables({"params": shapes.params, "batch_stats": shapes.batch_stats}, seed)
    momentum = random_variables(shapes.optimizer, seed + 1)
    return TrainState(made["params"], made["batch_stats"], jax.tree.map(lambda leaf: 0.1 * leaf, momentum))


def batch_of(seed: int) -> Images:
    return Images(jnp.asarray(random_images(4, SIZE, seed)), jnp.array([0, 1, 2, 1]))


def test_a_step_is_the_plain_networks_and_leaves_all_else_to_the_bit() -> None:
    network, path, recipe, batch = MBCONV, (1,), WeightsRecipe(), batch_of(1)
    state, space = state_of(MBCONV, 2), MBCONV.space
    step = quick_jit(functools.partial(weights_step, network, recipe))
    made, measures = step(state, jnp.array(path), batch, jnp.float32(RATE))
    for before, after in zip(state, made, strict=True):
        used = chosen_masks(space, before, jnp.array(path))
        same = jax.tree.map(np.array_equal, before, after)
        assert jax.tree.map(lambda one, equal: bool(one) != equal, used, same) == jax.tree.map(lambda _: True, same)

    plain = ChainNetwork(dataclasses.replace(space.network(path), affine=space.affine_supernet), CLASSES)

    def mapped(params: Any) -> Any:
        return specialize(space, {"params": params, "batch_stats": state.batch_stats}, path)

    def loss(params: Any) -> Any:
        variables = {**mapped(state.params), "params": params}
        logits = plain.apply(variables, batch.images, train=True, mutable=["batch_stats"])[0]
        return smoothed_loss(logits, batch.labels, recipe.label_smoothing)

    params, momentum = mapped(state.params)["params"], mapped(state.optimizer)["params"]
    gradient = quick_jit(jax.grad(loss))(params)
    optimizer = torch_sgd(None, recipe.weight_decay, recipe.momentum, recipe.nesterov)
    memory = optimizer.init(params)
    flat = jax.flatten_util.ravel_pytree(momentum)[0]
    memory = jax.tree.map(lambda leaf: flat if leaf.shape == flat.shape else leaf, memory)
    updates, _ = optimizer.update(gradient, memory, params)
    expected = jax.tree.map(lambda value, update: value - RATE * update, params, updates)
    actual = mapped(made.params)["params"]
    for one, other in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
    assert 0 < float(measures["train_loss"]) < 20


@pytest.mark.parametrize("nesterov", [False, True])
def test_vectors_decay_only_where_they_should(nesterov: bool) -> None:
    params = {"kernel": jnp.array([[2.0]]), "scale": jnp.array([2.0]), "other": jnp.array([2.0])}
    momentum = jax.tree.map(lambda leaf: 0.5 * leaf, params)
    gradient, masks = jax.tree.map(jnp.ones_like, params), {"kernel": True, "scale": True, "other": False}
    recipe = WeightsRecipe(0.9, nesterov, weight_decay=0.1, decays_vectors=False)
    made, moved = chosen_sgd(recipe, TrainState(params, {}, momentum), gradient, masks, jnp.float32(0.1))
    for name, slope in (("kernel", 1.2), ("scale", 1.0)):
        speed = 0.9 * 1.0 + slope
        assert float(moved[name].squeeze()) == pytest.approx(speed)
        step = slope + 0.9 * speed if nesterov else speed
        assert float(made[name].squeeze()) == pytest.approx(2.0 - 0.1 * step)
    assert (made["other"], moved["other"]) == (2.0, 1.0)


def test_the_architecture_is_stepped_by_two_paths() -> None:
    space = mbconv_space(0.125, widths=(64,), depths=(2,), strides=(1,), stem_stride=1)
    network: Any = ToyChainSupernet(space, CLASSES, "float32")
    table = multiply_add_table(network.space, SIZE, CLASSES)
    method = Proxyless(network, "two", table=table, reference=table.of((0, 0)))
    there, state, batch = available(network.space), state_of(network, 5), batch_of(6)
    logits = method.initial(jax.random.key(1)) + 0.5 * jax.random.normal(jax.random.key(2), there.shape)
    logits = logits.at[:, 6].add(1.5)  # Zero
    memory = architecture_memory(logits)
    step = quick_jit(method.step)
    zeros, changes = 0, 0
    for number in range(6):
        key = jax.random.key(number)
        pair = sample_pair(key, logits, there)
        new, used, measures = step(key, state, logits, memory, batch)
        before, after = np.asarray(shares(logits, there)), np.asarray(shares(new, there))
        for place, both in enumerate(zip(*map(np.asarray, pair), strict=True)):
            others = [candidate for candidate in range(7) if candidate not in both]
            np.testing.assert_allclose(after[place, others], before[place, others], rtol=2e-6)
            if both[0] == 6:
                zeros += 1
                assert np.array_equal(new[place], logits[place]) and used.steps[place] == 0
            else:
                changes += 1
                assert np.all(np.abs(after - before)[place, list(both)] > 1e-5) and used.steps[place] == 1
        assert np.isfinite(float(measures["architecture_loss"]))
    assert zeros > 0 and changes > 0


def test_the_architecture_is_stepped_by_all_paths() -> None:
    method = Proxyless(MBCONV, "full")
    state, logits = jax.eval_shape(lambda: (state_of(MBCONV, 0), method.initial(jax.random.key(0))))
    made = jax.eval_shape(
        method.step, jax.random.key(0), state, logits, architecture_memory(jnp.zeros((1, 3))), batch_of(0)
    )
    assert made[0].shape == (1, 3)
    assert method.found(np.array([[0.0, 2, 1]])) == (1,)


def test_statistics_are_means_over_fixed_batches() -> None:
    state = state_of(SHUFFLENET, 7)
    batches = [jnp.asarray(random_images(4, SIZE, seed)) for seed in (8, 9, 10)]
    statistics = path_statistics(SHUFFLENET, state.params, (1,), batches)
    kernel = in_double(state.params["stem"]["kernel"]).T.reshape(3, 3, 3, -1)
    seen = [reference.convolution(in_double(batch), kernel) for batch in batches]
    np.testing.assert_allclose(statistics["stem"]["mean"], np.mean([x.mean((0, 1, 2)) for x in seen], 0), atol=1e-5)
    variances = np.mean([x.reshape(-1, x.shape[-1]).var(0, ddof=1) for x in seen], axis=0)
    np.testing.assert_allclose(statistics["stem"]["variance"], variances, rtol=1e-4)
    assert np.any(statistics["place0"]["xception"]["main0"]["mean"])
    assert not np.any(statistics["place0"]["shuffle3"]["main0"]["mean"])
    fixed = [Images(batch, jnp.array([0, 1, 2, 1])) for batch in batches]
    first = path_accuracy(SHUFFLENET, state.params, statistics, (1,), fixed)
    assert first == path_accuracy(SHUFFLENET, state.params, statistics, (1,), fixed)
    assert first * 12 == pytest.approx(round(first * 12))
