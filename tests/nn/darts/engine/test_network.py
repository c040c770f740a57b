"""The search network against the NumPy reference at other shapes, its compilations, and refused input."""

from __future__ import annotations

import logging
from typing import Any

import jax
import jax.numpy as jnp
import pytest
import reference_network as reference
from network_cases import (
    Tree,
    assert_close,
    in_double,
    quick_jit,
    random_genotype,
    random_images,
    random_variables,
    reference_scope,
    shapes_of,
)

from econas_jax.errors import InputError
from econas_jax.nn import SearchNetwork, specialize
from econas_jax.spaces.darts.published import ECONAS

ENCODED = ECONAS.encode()


# 12 pixels: shifts at 12, matrices at 6 and 3. Three cells: the first, a second one, and one that is neither.
@pytest.mark.parametrize(("nodes", "cells", "size"), [(3, 3, 12), (5, 1, 4)])
def test_network_is_the_references_in_one_compilation(
    nodes: int, cells: int, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    network, images = SearchNetwork(4, cells, num_classes=7, nodes=nodes), random_images(8, size, seed=0)

    @quick_jit
    def run_network(variables: Tree, genotype: Any) -> Any:
        trained = network.apply(variables, images, genotype, train=True, mutable=["batch_stats"])
        return trained, network.apply(variables, images, genotype, train=False)

    for seed, concats in enumerate([(1, 2), (2, 3), (3, 1), (1, 1)]):
        genotype = random_genotype(seed, nodes=nodes, concats=concats)
        variables = random_variables(shapes_of(network, size, genotype), seed)
        with jax.log_compiles(), caplog.at_level(logging.WARNING):
            (trained, updated), evaluated = run_network(variables, genotype.encode())
        scope = reference_scope(specialize(variables, genotype), train=True)
        assert_close(trained, reference.network(scope, genotype, in_double(images), cells), 2e-5)
        assert_close(specialize({**variables, **updated}, genotype)["batch_stats"], scope.new, 2e-5)
        scope = reference_scope(specialize(variables, genotype), train=False)
        assert_close(evaluated, reference.network(scope, genotype, in_double(images), cells), 2e-5)
    messages = [record.getMessage() for record in caplog.records]
    assert sum(message.startswith("Compiling") and "run_network" in message for message in messages) == 1


def test_every_genotypes_state_has_the_same_shapes() -> None:
    for cells in (1, 2):
        network = SearchNetwork(4, cells)
        states = [
            shapes_of(network, 8, random_genotype(seed, concats=(1 + seed % 4, 4 - seed % 4))) for seed in range(4)
        ]
        assert all(state == states[0] for state in states)


def test_map_size_and_batch_leave_the_state_alone() -> None:
    network = SearchNetwork(4, 1)
    assert shapes_of(network, 8, ECONAS) == shapes_of(network, 32, ECONAS)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channels": 0}, "channels"),
        ({"channels": True}, "channels"),
        ({"cells_per_stage": 0}, "cells_per_stage"),
        ({"num_classes": 1}, "num_classes"),
        ({"nodes": 2}, "nodes"),
        ({"compute_dtype": "float16"}, "compute_dtype"),
    ],
)
def test_refused_fields(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        SearchNetwork(**{"channels": 4, "cells_per_stage": 1, **changes})
    assert caught.value.field == field


@pytest.mark.parametrize("shape", [(8, 8, 3), (2, 8, 12, 3), (2, 6, 6, 3), (2, 8, 8, 1)])
def test_refused_images(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError) as caught:
        jax.eval_shape(lambda: SearchNetwork(4, 1).init(jax.random.key(0), jnp.zeros(shape), ENCODED, train=False))
    assert caught.value.field == "images.shape"
