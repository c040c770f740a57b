"""The steps of the methods on a toy, and their published numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny_supernet import CONFIG, ToySupernet, toy_edges

from econas_jax.data.config import Augmentation
from econas_jax.nn.darts.supernet import EdgeWeights, operation_masks
from econas_jax.spaces.proxy import Proxy
from econas_jax.supernet.chains.choice import chain_search
from econas_jax.supernet.config import NetworkConfig, TrainingConfig, from_mapping
from econas_jax.supernet.costs import cell_costs
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.method_configs import METHODS, DartsConfig, GdasConfig, SnasConfig
from econas_jax.supernet.methods.choice import chosen_method
from econas_jax.supernet.methods.darts import Darts
from econas_jax.supernet.methods.method import Setting
from econas_jax.supernet.programs import initial_state
from econas_jax.supernet.steps import chosen_weights_step, weights_step
from econas_jax.supernet.task import Batches, Moment, SupernetState, SupernetTask
from econas_jax.training.epoch import Images

SIZE, CLASSES = 4, 3
TRAINING = TrainingConfig(batch_size=6, learning_rate=0.1, augmentation=Augmentation(0, False))
TASK = SupernetTask(ToySupernet(1, 3, 2, CLASSES, "float32"), 2, TRAINING, SIZE, (0.5,) * 3, (0.2,) * 3)
MOMENT = Moment(jnp.int32(0), jnp.int32(0), jnp.float32(0.1), jnp.float32(1.0), jnp.int32(0))


def setting(epochs: int) -> Setting:
    return Setting(Proxy(1, SIZE, 1.0, epochs), NetworkConfig(3, 2), 6)


def batch(seed: int) -> Images:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (6, SIZE, SIZE, 3)).astype(np.uint8)
    return Images(jnp.asarray(images), jnp.arange(6, dtype=jnp.int32) % CLASSES)


def method(config: Any, epochs: int = 3) -> Any:
    return chosen_method(dataclasses.replace(CONFIG, method=_name(config), search=config, proxy=setting(epochs).proxy))


def _name(config: Any) -> str:
    return next(name for name, kind in METHODS.items() if kind is type(config))


def stepped(config: Any, state: SupernetState | None = None, **training: Any) -> tuple[SupernetState, SupernetState]:
    """A state, the first unless it is given, and the one after a step on it."""
    chosen, task = method(config), dataclasses.replace(TASK, training=dataclasses.replace(TRAINING, **training))
    state = state or initial_state(task, chosen, 0)
    return state, chosen.phases[0].step(task, state, Batches(batch(0), batch(1)), MOMENT)[0]


def test_the_temperatures_are_the_published_ones() -> None:
    snas, gdas = method(SnasConfig(), 150), method(GdasConfig(), 250)
    assert snas.temperature(0) == pytest.approx(1 - 0.97 / 150) and snas.temperature(149) == pytest.approx(0.03)
    assert gdas.temperature(0) == 10 and gdas.temperature(249) == pytest.approx(0.1)
    assert gdas.temperature(125) == pytest.approx(5.0301, abs=1e-4)
    assert method(DartsConfig()).temperature(7) == 1


@pytest.mark.parametrize(("config", "mean", "deviation"), [(DartsConfig(), 0, 1e-3), (SnasConfig(), 1, 0.01)])
def test_logits_begin_where_the_authors_begin(config: Any, mean: float, deviation: float) -> None:
    logits, memory = method(config).initial(jax.random.key(0))
    values = np.concatenate(logits).ravel()
    assert np.mean(values) == pytest.approx(mean, abs=deviation / 2)
    assert np.std(values) == pytest.approx(deviation, rel=0.3)
    assert not np.array_equal(*logits) and float(memory.steps) == 0


@pytest.mark.parametrize("config", [DartsConfig(), DartsConfig(second_order=True), SnasConfig(), GdasConfig()])
def test_a_first_step_of_adam_moves_each_logit_by_its_rate_down_the_slope(config: Any) -> None:
    before, after = stepped(config)
    moves = np.concatenate(after.architecture) - np.concatenate(before.architecture)
    assert np.all(np.abs(moves) < 3.1e-4) and np.mean(np.abs(moves) > 2e-4) > 0.5
    assert float(after.memory.steps) == 1
    leaves = zip(*map(jax.tree.leaves, (after.weights.params, before.weights.params)), strict=True)
    moved = [bool(np.any(new != old)) for new, old in leaves]
    assert moved[-1] and (all(moved) or isinstance(config, GdasConfig))  # whose sample leaves operations out


def test_the_second_order_is_the_first_where_the_weights_do_not_step() -> None:
    still = Moment(*MOMENT)._replace(learning_rate=jnp.float32(0))
    states = []
    for config in (DartsConfig(), DartsConfig(second_order=True), DartsConfig(second_order=True, product="exact")):
        chosen = Darts(config, setting(3))
        state = initial_state(TASK, chosen, 0)
        states.append(chosen.step(TASK, state, Batches(batch(0), batch(1)), still)[0])
    for other in states[1:]:
        for one, leaf in zip(jax.tree.leaves(states[0].memory), jax.tree.leaves(other.memory), strict=True):
            np.testing.assert_allclose(one, leaf, rtol=1e-6, atol=1e-9)


def test_both_products_of_the_second_order_agree_on_a_network_that_has_moved() -> None:
    """With momentum in the optimiser, and apart from the first order."""
    moved, _ = stepped(DartsConfig(second_order=True), None)
    for _ in range(2):
        _, moved = stepped(DartsConfig(second_order=True), moved)
    means = [
        np.concatenate(stepped(config, moved)[1].memory.mean)
        for config in (DartsConfig(second_order=True), DartsConfig(second_order=True, product="exact"), DartsConfig())
    ]
    difference = np.linalg.norm(means[0] - means[1]) / np.linalg.norm(means[1] - means[2])
    assert difference < 1e-2


def chosen_edges() -> EdgeWeights:
    """One convolution or skip an edge; others are used by no edge."""
    normal, reduction = np.zeros((5, 8), np.float32), np.zeros((5, 8), np.float32)
    for edge, operation in enumerate((4, 5, 3, 4, 7)):
        normal[edge, operation] = 1
    for edge, operation in enumerate((3, 6, 3, 1, 5)):
        reduction[edge, operation] = 1
    return EdgeWeights(jnp.asarray(normal), jnp.asarray(reduction))


def test_operations_that_are_not_chosen_keep_weights_and_momentum_to_the_bit() -> None:
    state = initial_state(TASK, method(GdasConfig()), 0)
    # With momentum everywhere, which would go on moving what has no gradient.
    state, _ = weights_step(TASK, state, toy_edges(), batch(0), jnp.float32(0.1))
    after, _ = chosen_weights_step(TASK, state, chosen_edges(), batch(1), jnp.float32(0.1))
    momenta = [TASK.optimizer().init(state.weights.params)]  # the layout of the flat vector is that of the leaves
    assert len(jax.tree.leaves(momenta)) == 1
    masks = operation_masks(state.weights.params, chosen_edges())
    flat_before, flat_after = (np.asarray(jax.tree.leaves(each.weights.optimizer)[0]) for each in (state, after))
    begin = 0
    for mask, old, new in zip(*map(jax.tree.leaves, (masks, state.weights.params, after.weights.params)), strict=True):
        used = np.broadcast_to(np.asarray(mask) > 0, old.shape)
        moved = np.asarray(old) != np.asarray(new)
        assert not np.any(moved & ~used) and np.mean(moved[used]) > 0.9 if used.any() else not moved.any()
        velocity = slice(begin, begin + old.size)
        changed = (flat_before[velocity] != flat_after[velocity]).reshape(old.shape)
        assert not np.any(changed & ~used)
        begin += old.size
    assert begin == flat_before.size
    used_share = np.mean([np.mean(np.asarray(mask)) for mask in jax.tree.leaves(masks)])
    assert 0.1 < used_share < 0.6


def test_gdas_steps_by_samples_that_are_one_operation_an_edge() -> None:
    before, after = stepped(GdasConfig())
    for name in ("cell0", "cell1"):
        rows = [
            np.any(np.asarray(new["kernel"]) != np.asarray(old["kernel"]), axis=(1, 2))
            for operation, new in after.weights.params[name].items()
            if operation != "skip_connect"
            for old in (before.weights.params[name][operation],)
        ]
        assert np.all(np.sum(rows, axis=0) <= 1) and np.any(rows)


def record(epoch: int, accuracy: float, genotype: str) -> EpochRecord:
    return EpochRecord(epoch, 0.1, 1.0, {"architecture_accuracy": accuracy}, genotype, 0, None, None, 1.0)


def test_gdas_ends_with_the_best_epoch_or_the_last() -> None:
    logits = EdgeWeights(*np.zeros((2, 5, 8), np.float32))
    genotype = str(method(GdasConfig()).genotype(logits))
    history = [record(0, 0.5, genotype), record(1, 0.75, genotype), record(2, 0.75, genotype), record(3, 0.7, genotype)]
    (best,), (last,) = (method(GdasConfig(final=final)).found(history) for final in ("best", "last"))
    assert (best.epoch, best.accuracy, last.epoch, last.accuracy) == (1, 0.75, 3, None)
    assert method(GdasConfig()).found([]) == ()


def test_costs_are_counted_by_hand() -> None:
    """Three cells of one node, 2 channels, 8x8: a normal cell, then two reductions; edges are from inputs alone."""
    normal, reduction = cell_costs(2, 3, 1, 8)
    # Twice a 3x3 depthwise and a 1x1 convolution of 2 channels; its map is read and written.
    assert normal[0, 4] * 3 == pytest.approx(2 * (18 + 4) + 2 * (18 + 4) * 64 + 2 * 2 * 64)
    assert normal[0, 0] == reduction[0, 0] == 0
    skips = [(4 * 4 * (1 + side**2 // 4)) + 4 * side**2 + 4 * side**2 // 4 for side in (8,)]
    skips += [(8 * 8 * (1 + side**2 // 4)) + 8 * side**2 + 8 * side**2 // 4 for side in (4,)]
    assert reduction[1, 3] * 3 == pytest.approx(sum(skips))
    assert normal[0, 3] * 3 == pytest.approx(2 * 2 * 64)


def test_every_method_has_a_config_of_its_own() -> None:
    for name, kind in METHODS.items():
        config = from_mapping({"method": name})
        assert type(config.search) is kind
        if isinstance(config.network, NetworkConfig):
            assert chosen_method(config).phases
        else:
            assert chain_search(config, CLASSES, (0.5,) * 3, (0.2,) * 3)[1].phases
