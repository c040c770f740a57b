"""The contract of every network family: one program for all genotypes, and the plain networks it stands for."""

from __future__ import annotations

import functools
import logging
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import assert_close, quick_jit, random_images, random_variables

from econas_jax.errors import InputError
from econas_jax.nn import FAMILIES, NetworkSettings, network_family
from econas_jax.nn.network import NetworkFamily
from econas_jax.spaces import SPACES
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.nasbench201 import NasBench201Space

# Every family's space, small; a family without one fails `test_every_family_is_tested`.
SMALL_SPACES: dict[str, Any] = {"darts": DartsSpace(nodes=3), "nasbench201": NasBench201Space()}
SETTINGS = NetworkSettings(channels=4, resolution=4, cells_per_stage=1, num_classes=5)
GENOTYPES, BATCH = 3, 8
each_family = pytest.mark.parametrize("name", list(FAMILIES))


def family_of(name: str) -> NetworkFamily[Any]:
    return FAMILIES[name](SMALL_SPACES[name], SETTINGS)


def genotypes(name: str, count: int = GENOTYPES) -> list[Any]:
    rng = np.random.default_rng(7)
    return [SMALL_SPACES[name].sample(rng) for _ in range(count)]


def images() -> np.ndarray:
    return random_images(BATCH, SETTINGS.resolution, seed=1)


def shapes(network: Any, *architecture: Any) -> Any:
    return jax.eval_shape(lambda: network.init(jax.random.key(0), images(), *architecture, train=True))


def outcomes(network: Any, variables: Any, *architecture: Any) -> Any:
    """In training: logits, new statistics, and gradients of a sum that depends on each logit; logits in evaluation."""

    def loss(params: Any) -> Any:
        given = {**variables, "params": params}
        logits, new = network.apply(given, images(), *architecture, train=True, mutable=["batch_stats"])
        weights = jnp.cos(jnp.arange(logits.size)).reshape(logits.shape)
        return jnp.sum(weights * logits), (logits, new["batch_stats"])

    gradients, (logits, statistics) = jax.grad(loss, has_aux=True)(variables["params"])
    return logits, statistics, gradients, network.apply(variables, images(), *architecture, train=False)


def test_every_family_is_tested() -> None:
    assert SMALL_SPACES.keys() == FAMILIES.keys() <= SPACES.keys()


@each_family
def test_specialised_networks_are_the_plain_ones_in_one_compilation(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    family = family_of(name)

    @quick_jit
    def run_family(variables: Any, architecture: Any) -> Any:
        return outcomes(family.network, variables, architecture)

    for seed, genotype in enumerate(genotypes(name)):
        architecture = family.encode(genotype)
        variables = random_variables(shapes(family.network, architecture), seed)
        with jax.log_compiles(), caplog.at_level(logging.WARNING):
            logits, statistics, gradients, evaluated = run_family(variables, architecture)
        plain = quick_jit(functools.partial(outcomes, family.plain(genotype)))
        expected = plain(family.specialize(variables, genotype))
        updated = family.specialize({"params": gradients, "batch_stats": statistics}, genotype)
        assert_close(logits, expected[0], 1e-4)
        assert_close(updated.get("batch_stats", {}), expected[1], 1e-4)
        assert_close(updated["params"], expected[2], 1e-3)
        assert_close(evaluated, expected[3], 1e-4)
        assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves((gradients, statistics)))
    messages = [record.getMessage() for record in caplog.records]
    assert sum(message.startswith("Compiling") and "run_family" in message for message in messages) == 1


@each_family
def test_cost_counts_the_parameters_of_the_network_that_is_built(name: str) -> None:
    family = family_of(name)
    for genotype in genotypes(name, 4):
        built = shapes(family.plain(genotype))["params"]
        cost = family.cost(genotype)
        assert cost.parameters == sum(leaf.size for leaf in jax.tree.leaves(built))
        assert cost.multiply_adds > 0


@each_family
def test_encoded_genotypes_and_states_have_the_same_shapes_and_types(name: str) -> None:
    family = family_of(name)
    encoded = [family.encode(genotype) for genotype in genotypes(name, 5)]
    forms = [jax.tree.map(lambda leaf: (np.shape(leaf), np.asarray(leaf).dtype), each) for each in encoded]
    assert all(form == forms[0] for form in forms)
    states = [shapes(family.network, each) for each in encoded[:2]]
    assert states[0] == states[1]
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(states[0]))
    assert states[0].keys() == {"params", "batch_stats"}


@each_family
def test_a_family_is_a_value(name: str) -> None:
    # Compiled programs are kept by their network: equal settings must find them again.
    assert family_of(name) == family_of(name)
    assert hash(family_of(name).network) == hash(family_of(name).network)
    assert family_of(name).network == family_of(name).network


@each_family
def test_a_space_finds_its_family(name: str) -> None:
    assert network_family(SMALL_SPACES[name], SETTINGS) == family_of(name)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"resolution": 6}, "resolution"), ({"resolution": 2}, "resolution"), ({"num_classes": 1}, "num_classes")],
)
def test_refused_settings_of_the_darts_family(changes: dict[str, int], field: str) -> None:
    fields: dict[str, Any] = {"channels": 4, "resolution": 8, "cells_per_stage": 1, "num_classes": 5, **changes}
    with pytest.raises(InputError) as caught:
        FAMILIES["darts"](DartsSpace(), NetworkSettings(**fields))
    assert caught.value.field == field


def test_a_space_that_the_engine_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        FAMILIES["darts"](DartsSpace(nodes=2), SETTINGS)
    assert caught.value.field == "space.nodes"
