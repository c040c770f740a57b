"""The supernet as a CPU computes it against its definition, published counts, and mistakes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from network_cases import assert_close, random_images, random_variables
from supernet_cases import BATCH, SIZE, SMALL, random_weights, shapes_of, step_on_cpu, step_plainly

from econas_jax.errors import InputError
from econas_jax.nn import CellSupernet, EdgeWeights


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        (CellSupernet(), 1_930_618),
        (CellSupernet(channels=9), 724_294),
        (CellSupernet(cells=5), 1_275_834),
        (CellSupernet(classes=100), 1_953_748),
    ],
)
def test_published_parameter_counts(net: CellSupernet, parameters: int) -> None:
    assert sum(leaf.size for leaf in jax.tree.leaves(shapes_of(net)["params"])) == parameters


def test_network_on_a_cpu_is_the_plain_one() -> None:
    variables, images = random_variables(shapes_of(SMALL), seed=1), random_images(BATCH, SIZE, seed=2)
    given = variables, images, random_weights(SMALL, 3)
    results, gradients, evaluated = step_on_cpu(SMALL, *given)
    plain_results, plain_gradients, plain_evaluated = step_plainly(SMALL, *given)
    assert_close(results, plain_results, 1e-4)
    assert_close(evaluated, plain_evaluated, 1e-4)
    assert_close(gradients, plain_gradients, 1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": 0}, "channels"),
        ({"cells": 2}, "cells"),
        ({"nodes": 0}, "nodes"),
        ({"classes": 1}, "classes"),
        ({"compute_dtype": "float16"}, "compute_dtype"),
    ],
)
def test_values_that_make_no_network(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CellSupernet(**change)


def test_images_and_weights_of_other_shapes() -> None:
    net = CellSupernet(channels=4, cells=3, nodes=1)
    weights = EdgeWeights(*(jnp.zeros((2, 8)),) * 2)
    with pytest.raises(InputError, match="images.shape"):
        net.init(jax.random.key(0), jnp.zeros((2, 6, 6, 3)), weights, train=False)
    with pytest.raises(InputError, match=r"weights.reduction.shape"):
        wrong = weights._replace(reduction=jnp.zeros((2, 7)))
        net.init(jax.random.key(0), jnp.zeros((2, 8, 8, 3)), wrong, train=False)
