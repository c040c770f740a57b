"""Families, genotypes and steps that the tests of the NAS-Bench-201 networks share."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from network_cases import Tree, quick_jit, random_images, random_variables

from econas_jax.nn.nasbench201.family import NasBench201Family
from econas_jax.nn.network import Network, NetworkSettings
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space
from econas_jax.spaces.nasbench201.genotype import OPERATIONS

SIZE, CLASSES, BATCH = 8, 5, 4
SETTINGS = NetworkSettings(channels=3, resolution=SIZE, cells_per_stage=2, num_classes=CLASSES)
FAMILY = NasBench201Family(NasBench201Space(), SETTINGS)
BRANCH_FREE = NasBench201Family(NasBench201Space(), dataclasses.replace(SETTINGS, branch_free=True))


def genotype_of(seed: int) -> Genotype:
    """Returns a genotype with every operation of the space, one of them twice, in random order."""
    rng = np.random.default_rng(seed)
    return Genotype(tuple(str(name) for name in rng.permutation([*OPERATIONS, rng.choice(OPERATIONS)])))


def shapes(family: NasBench201Family, size: int = SIZE) -> Tree:
    """Returns the shapes of the variables of the network of all genotypes, which do not depend on the one given."""
    images, architecture = jnp.zeros((1, size, size, 3)), jnp.zeros(6, jnp.int32)
    made: Tree = jax.eval_shape(lambda: family.network.init(jax.random.key(0), images, architecture, train=False))
    return made


def variables_of(family: NasBench201Family, seed: int) -> Tree:
    """Returns random variables of the network of all genotypes, unlike initial ones."""
    return random_variables(shapes(family), seed)


def step(network: Network, variables: Tree, *architecture: Any) -> Any:
    """Returns logits, new statistics and the gradient of the loss in training, and logits in evaluation."""
    images = random_images(BATCH, SIZE, seed=20)
    labels = np.random.default_rng(21).integers(0, CLASSES, BATCH)

    def loss(parameters: Tree) -> Any:
        given = {**variables, "params": parameters}
        logits, updated = network.apply(given, images, *architecture, train=True, mutable=["batch_stats"])
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
        return -jnp.mean(chosen), (logits, updated["batch_stats"])

    gradient, (logits, statistics) = jax.grad(loss, has_aux=True)(variables["params"])
    return logits, statistics, gradient, network.apply(variables, images, *architecture, train=False)


@functools.cache
def compiled_step(branch_free: bool) -> Any:
    """Returns the step of all genotypes, (variables, architecture) -> ..., compiled once a test session."""
    family = BRANCH_FREE if branch_free else FAMILY
    return quick_jit(functools.partial(step, family.network))


@functools.cache
def case(seed: int) -> tuple[Genotype, Tree, Any]:
    """Returns a genotype, variables, and what a step with branches makes of them."""
    genotype, variables = genotype_of(seed), variables_of(FAMILY, seed)
    return genotype, variables, jax.device_get(compiled_step(False)(variables, FAMILY.encode(genotype)))
