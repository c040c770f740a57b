"""The network of all genotypes against NumPy, its compilations, initial values, types, and the canonical form."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import logging
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_nasbench201 as reference
from nasbench201_cases import BATCH, FAMILY, SIZE, case, genotype_of, shapes, step, variables_of
from network_cases import (
    Tree,
    assert_close,
    check_directions,
    in_double,
    leaves,
    quick_jit,
    random_images,
    reference_scope,
)

from econas_jax.errors import InputError
from econas_jax.nn.nasbench201.family import NasBench201Family
from econas_jax.nn.network import Network, NetworkFamily, NetworkSettings
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space
from econas_jax.spaces.nasbench201.genotype import OPERATIONS

IMAGES = random_images(BATCH, SIZE, seed=20)
NONE, SKIP, CONV1, CONV3, MEAN = OPERATIONS


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_network_is_the_references(seed: int) -> None:
    genotype, variables, (logits, statistics, _, evaluated) = case(seed)
    cells = FAMILY.settings.cells_per_stage
    scope = reference_scope(FAMILY.specialize(variables, genotype), train=True)
    assert_close(logits, reference.network(scope, genotype, in_double(IMAGES), cells), 1e-5)
    expected = leaves(scope.new)
    new = leaves(FAMILY.specialize({"batch_stats": statistics}, genotype)["batch_stats"])
    assert set(new) == set(expected)
    for path, leaf in new.items():
        assert_close(leaf, expected[path], 1e-5)
    scope = reference_scope(FAMILY.specialize(variables, genotype), train=False)
    assert_close(evaluated, reference.network(scope, genotype, in_double(IMAGES), cells), 1e-5)


def test_gradients_are_slopes_of_the_reference() -> None:
    genotype = Genotype((CONV3, MEAN, CONV1, SKIP, CONV3, CONV1))
    family = NasBench201Family(NasBench201Space(), NetworkSettings(2, 4, 1, 3))
    images, weights = random_images(6, 4, seed=1).astype(np.float64), np.random.default_rng(2).standard_normal((6, 3))

    def value(parameters: Tree) -> float:
        scope = reference_scope({"params": parameters, "batch_stats": plain["batch_stats"]}, train=True)
        return float(np.sum(weights * reference.network(scope, genotype, images, 1)))

    with jax.enable_x64(True):
        variables = in_double(variables_of(family, 3))
        plain = in_double(family.specialize(variables, genotype))

        def ours(parameters: Tree) -> jax.Array:
            given = {**variables, "params": parameters}
            architecture = family.encode(genotype)
            logits, _ = family.network.apply(given, images, architecture, train=True, mutable=["batch_stats"])
            return jnp.sum(weights * logits)

        gradient = in_double(quick_jit(jax.grad(ours))(variables["params"]))
    own = family.specialize({"params": gradient}, genotype)["params"]
    check_directions(value, own, plain["params"], seed=4, tolerance=1e-5)


def test_all_genotypes_are_one_compilation(caplog: pytest.LogCaptureFixture) -> None:
    @quick_jit
    def run_network(variables: Tree, architecture: Any) -> Any:
        return FAMILY.network.apply(variables, IMAGES, architecture, train=False)

    for seed in range(4):
        with jax.log_compiles(), caplog.at_level(logging.WARNING):
            run_network(variables_of(FAMILY, seed), FAMILY.encode(genotype_of(seed)))
    messages = [record.getMessage() for record in caplog.records]
    assert sum(message.startswith("Compiling") and "run_network" in message for message in messages) == 1


@functools.cache
def initializer(family: NasBench201Family) -> Any:
    """Returns architecture -> initial variables of the network of all genotypes, from one key."""
    images = jnp.zeros((1, SIZE, SIZE, 3))
    return quick_jit(lambda architecture: family.network.init(jax.random.key(5), images, architecture, train=False))


def initial_values(family: NasBench201Family, genotype: Genotype) -> Tree:
    """Returns the plain network's part of the initial values."""
    variables = initializer(family)(family.encode(genotype))
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(variables))
    return family.specialize(variables, genotype)


def test_initial_values_of_an_edge_depend_on_its_operation_alone() -> None:
    full = FAMILY
    small = NasBench201Family(NasBench201Space(operations=(CONV1, SKIP)), FAMILY.settings)
    alone = Genotype((SKIP, CONV1, SKIP, SKIP, SKIP, SKIP))
    others = Genotype((CONV3, CONV1, CONV3, NONE, CONV3, CONV3))
    by_three = [initial_values(full, others), initial_values(full, alone), initial_values(small, alone)]
    for variables in by_three[1:]:
        for path, leaf in leaves(variables).items():
            np.testing.assert_array_equal(leaf, leaves(by_three[0])[path])


def test_initial_kernels_are_torchs() -> None:
    settings = NetworkSettings(channels=16, resolution=SIZE, cells_per_stage=2, num_classes=5)
    family = NasBench201Family(NasBench201Space(), settings)
    parameters = initial_values(family, Genotype((CONV1, CONV3) * 3))["params"]
    drawn = []
    for cell, place in itertools.product(range(2), range(6)):
        kernel = np.asarray(parameters[f"stage0_cell{cell}"][f"edge{place}"]["Conv_0"]["kernel"])
        bound = 1 / np.sqrt(kernel[..., 0].size)
        assert bound * 0.95 < np.abs(kernel).max() <= bound
        assert abs(kernel.std() / (bound / np.sqrt(3)) - 1) < 0.15
        drawn.append(kernel.ravel()[:4])
    assert len({tuple(values) for values in drawn}) == len(drawn)


def test_what_an_edge_does_not_use_is_zero_at_first() -> None:
    variables = initializer(FAMILY)(FAMILY.encode(Genotype((NONE, CONV1, SKIP, MEAN, NONE, NONE))))
    kernel = variables["params"]["stage1"]["edges"]["Conv_0"]["kernel"]
    middle = kernel[:, 1, 1, 1]
    assert np.count_nonzero(kernel) == np.count_nonzero(middle) == middle.size


def test_images_of_any_size_and_batch_have_the_same_variables() -> None:
    assert shapes(FAMILY, 8) == shapes(FAMILY, 32)


@pytest.mark.parametrize("branch_free", [False, True])
def test_bfloat16_leaves_logits_and_state_in_float32(branch_free: bool) -> None:
    network = bfloat16(branch_free).network
    results = jax.eval_shape(lambda *given: step(network, *given), case(1)[1], jnp.zeros(6, jnp.int32))
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(results))


def test_bfloat16_is_near() -> None:
    genotype, variables, (_, _, _, expected) = case(1)
    logits = quick_jit(functools.partial(evaluated, bfloat16(False)))(variables, FAMILY.encode(genotype))
    assert_close(logits, expected, 0.1)
    assert np.linalg.norm(logits - expected) > 1e-4 * np.linalg.norm(expected)


def bfloat16(branch_free: bool) -> NasBench201Family:
    settings = dataclasses.replace(FAMILY.settings, compute_dtype="bfloat16", branch_free=branch_free)
    return NasBench201Family(NasBench201Space(), settings)


def test_it_is_a_network_family() -> None:
    family: NetworkFamily[Genotype] = FAMILY
    assert family.network == FAMILY.network
    assert hash(family.network) == hash(FAMILY.network)


@pytest.mark.parametrize("shape", [(8, 8, 3), (2, 8, 12, 3), (2, 6, 6, 3), (2, 0, 0, 3), (2, 8, 8, 1)])
def test_refused_images(shape: tuple[int, ...]) -> None:
    architecture = jnp.zeros(6, jnp.int32)
    with pytest.raises(InputError) as caught:
        jax.eval_shape(lambda: FAMILY.network.init(jax.random.key(0), jnp.zeros(shape), architecture, train=False))
    assert caught.value.field.startswith("images.shape")


def test_refused_resolutions_and_genotypes() -> None:
    with pytest.raises(InputError, match="resolution = 10"):
        NasBench201Family(NasBench201Space(), dataclasses.replace(FAMILY.settings, resolution=10))
    small = NasBench201Family(NasBench201Space(operations=(NONE, SKIP)), FAMILY.settings)
    with pytest.raises(InputError, match=r"operations\[0\]"):
        small.encode(Genotype((MEAN,) * 6))


def evaluated(family: NasBench201Family, variables: Tree, architecture: Any) -> jax.Array:
    network: Network = family.network
    logits: jax.Array = network.apply(variables, IMAGES, architecture, train=False)
    return logits


def in_every_order(family: NasBench201Family) -> Callable[[Tree, Any], Any]:
    """Returns (variables, architecture) -> logits for each order of the edges' weights: [720, batch, classes]."""
    orders = np.array(list(itertools.permutations(range(6))))

    def run(variables: Tree, architecture: Any) -> Any:
        def reordered(order: jax.Array) -> jax.Array:
            def moved(collection: Tree) -> Tree:
                stages = {name: part for name, part in collection.items() if name.startswith("stage")}
                return {**collection, **jax.tree.map(lambda leaf: leaf[:, order], stages)}

            given = {name: moved(collection) for name, collection in variables.items()}
            return evaluated(family, given, architecture)

        return jax.lax.map(reordered, orders)

    return quick_jit(run)


def test_the_canonical_genotype_computes_the_same_with_the_weights_on_other_edges() -> None:
    family = NasBench201Family(NasBench201Space(), NetworkSettings(2, SIZE, 1, 3))
    variables, run, space = variables_of(family, 9), in_every_order(family), NasBench201Space()
    rng, tried = np.random.default_rng(10), 0
    while tried < 12:
        genotype = space.sample(rng)
        canonical = space.canonical(genotype)
        if canonical == genotype:
            continue
        tried += 1
        expected = run(variables, family.encode(genotype))[0]
        errors = np.abs(run(variables, family.encode(canonical)) - expected[None]).max((1, 2))
        assert errors.min() < 1e-4 * np.abs(expected).max(), (genotype, canonical)


def test_a_convolution_of_nothing_is_not_nothing() -> None:
    # So the canonical form must keep it, though the node that it reads is always zero.
    variables = variables_of(FAMILY, 11)
    constant, nothing = (
        evaluated(FAMILY, variables, FAMILY.encode(Genotype((NONE,) * 5 + (last,)))) for last in (CONV3, NONE)
    )
    assert np.abs(constant - nothing).max() > 1e-2
