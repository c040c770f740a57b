"""The network of all genotypes in the library's epoch: candidates learn, together as they do alone."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, quick_jit

from econas_jax.data.config import Augmentation
from econas_jax.nn.nasbench201.family import NasBench201Family
from econas_jax.nn.network import NetworkSettings
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space
from econas_jax.training import Images, Task, TrainingConfig, evaluate, init_state, train_epoch

SIZE, CLASSES, EPOCHS = 8, 3, 4
GENOTYPES = (
    Genotype(("nor_conv_3x3", "none", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")),
    Genotype(("skip_connect", "nor_conv_1x1", "none", "nor_conv_3x3", "none", "skip_connect")),
)


def family(branch_free: bool) -> NasBench201Family:
    settings = NetworkSettings(4, SIZE, 1, CLASSES, branch_free=branch_free)
    return NasBench201Family(NasBench201Space(), settings)


def task(branch_free: bool) -> Task:
    config = TrainingConfig(batch_size=8, learning_rate=0.05, augmentation=Augmentation(crop_padding=0, flip=False))
    return Task(family(branch_free).network, config, SIZE, EPOCHS, (0.5,) * 3, (0.25,) * 3, seed=0)


def coloured(count: int, seed: int) -> Images:
    """Returns images of noise in which the label's colour is brighter."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % CLASSES
    pixels = rng.integers(0, 150, (count, SIZE, SIZE, 3))
    pixels[np.arange(count), :, :, labels] += 60
    return Images(jnp.asarray(pixels.astype(np.uint8)), jnp.asarray(labels))


@pytest.mark.slow
def test_candidates_learn_and_lanes_are_the_candidates_alone() -> None:
    train, validation = coloured(32, 0), coloured(16, 1)
    alone = quick_jit(functools.partial(train_epoch, task(branch_free=False)))
    lanes = quick_jit(jax.vmap(functools.partial(train_epoch, task(branch_free=True)), in_axes=(0, 0, None, None)))
    architectures = np.stack([family(True).encode(genotype) for genotype in GENOTYPES])
    start = quick_jit(functools.partial(init_state, task(branch_free=False)))
    states = [start(number, architecture) for number, architecture in enumerate(architectures)]
    together = jax.tree.map(lambda *rows: jnp.stack(rows), *states)
    for epoch in range(EPOCHS):
        states = [alone(state, one, train, epoch)[0] for state, one in zip(states, architectures, strict=True)]
        together, _ = lanes(together, architectures, train, epoch)
        if epoch == 0:  # later the differences of rounding have grown
            for place, state in enumerate(states):
                assert_close(jax.tree.map(lambda leaf, place=place: leaf[place], together), state, 1e-3)
    passes = quick_jit(functools.partial(evaluate, task(branch_free=False)))
    for state, architecture in zip(states, architectures, strict=True):
        assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(state))
        assert passes(state, architecture, validation).accuracy > 0.8
