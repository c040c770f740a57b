"""Initial values: uniform in +-1/sqrt(fan_in) in both networks, whatever the genotype makes of the fan-in."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import Tree, assert_close, leaves, quick_jit, random_genotype

from econas_jax.nn import CellNetwork, SearchNetwork, specialize
from econas_jax.nn.darts.auxiliary import AuxiliaryHead
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.published import ECONAS

KEY = jax.random.key(0)
SAMPLES = 64  # initialisations that a distribution is judged by


@functools.cache
def search_program(cells: int) -> Any:
    """key, genotype -> variables; compiled once for all genotypes."""
    network, images = SearchNetwork(4, cells), jnp.zeros((1, 4, 4, 3))
    return quick_jit(lambda key, genotype: network.init(key, images, genotype, train=False))


def search_samples(cells: int, genotype: Genotype) -> Tree:
    """Specialized initial variables with a leading axis of samples."""
    program = search_program(cells)
    return stacked([specialize(jax.device_get(program(key, genotype.encode())), genotype) for key in keys()])


def keys() -> list[jax.Array]:
    return [jax.random.fold_in(KEY, sample) for sample in range(SAMPLES)]


def stacked(samples: list[Tree]) -> Tree:
    tree: Tree = jax.tree.map(lambda *each: np.stack(each), *samples)
    return tree


def bounds(parameters: Tree) -> dict[str, float]:
    """Of every kernel, and of the bias of every linear layer, from the shapes [samples, ..., inputs, outputs]."""
    found, all_leaves = {}, leaves(parameters)
    for path, leaf in all_leaves.items():
        if path.endswith("['kernel']"):
            found[path] = 1 / math.sqrt(math.prod(leaf.shape[1:-1]))
            bias = path.replace("kernel", "bias")
            if bias in all_leaves:
                found[bias] = found[path]
    return found


def assert_uniform(values: np.ndarray, bound: float, name: str) -> None:
    """By the Kolmogorov-Smirnov statistic, which a wrong bound and another distribution both exceed."""
    ordered = np.sort(values.ravel()) / bound
    assert np.abs(ordered).max() <= 1 + 1e-6, name
    expected = (1 + ordered) / 2
    steps = np.arange(ordered.size + 1) / ordered.size
    distance = max(np.abs(steps[1:] - expected).max(), np.abs(steps[:-1] - expected).max())
    assert distance < 2.5 / math.sqrt(ordered.size), (name, distance)


def assert_initial(variables: Tree) -> None:
    """All of a plain network's variables."""
    expected = bounds(variables["params"])
    for path, leaf in leaves(variables["params"]).items():
        if path in expected:
            assert_uniform(leaf, expected[path], path)
        else:
            assert (leaf == (1 if path.endswith("['scale']") else 0)).all(), path
    for path, leaf in leaves(variables["batch_stats"]).items():
        assert (leaf == (1 if path.endswith("['variance']") else 0)).all(), path


def test_plain_network() -> None:
    network = CellNetwork(random_genotype(5, concats=(3, 2)), 3, 1)
    images = jnp.zeros((1, 4, 4, 3))
    program = quick_jit(lambda key: network.init(key, images, train=False))
    assert_initial(stacked([jax.device_get(program(key)) for key in keys()]))


def test_auxiliary_head() -> None:
    head, features = AuxiliaryHead(num_classes=10, stem="cifar"), jnp.zeros((1, 8, 8, 6))
    program = quick_jit(lambda key: head.init(key, features, train=False))
    assert_initial(stacked([jax.device_get(program(key)) for key in keys()]))


@pytest.mark.parametrize("cells", [1, 2])
@pytest.mark.parametrize("concats", [(1, 3), (2, 4), (3, 1), (4, 2)])
def test_search_network_has_the_plain_networks_initial_values(cells: int, concats: tuple[int, int]) -> None:
    assert_initial(search_samples(cells, random_genotype(6, concats=concats)))


def test_no_two_parameters_share_random_numbers() -> None:
    # Normalised to their bounds, values drawn from one stream would be found twice.
    parameters = search_samples(2, random_genotype(7, concats=(2, 3)))["params"]
    drawn = leaves(parameters)
    values = np.concatenate([drawn[path][0].ravel() / bound for path, bound in bounds(parameters).items()])
    repeated = values.size - np.unique(np.round(values, 6)).size
    assert repeated < 0.02 * values.size


def test_initial_values_are_the_keys() -> None:
    program, genotype, other = search_program(1), ECONAS.encode(), jax.random.key(1)
    assert_close(program(KEY, genotype), program(KEY, genotype), 0)
    assert np.any(
        program(KEY, genotype)["params"]["stem"]["kernel"] != program(other, genotype)["params"]["stem"]["kernel"]
    )
