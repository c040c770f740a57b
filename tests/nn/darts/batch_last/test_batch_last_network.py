"""The network as a CPU computes it against its definition: logits, gradients, statistics, drop-path, program size.

Each operation by itself is compared in `test_batch_last_operations`, and networks of all ten, in training and in
evaluation, with a reference in `test_cell_network`. So the genotype here is one that compiles soon: it has all that
connects operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import (
    Tree,
    assert_close,
    leaves,
    quick_jit,
    random_images,
    random_variables,
    shapes_of,
)

from econas_jax.nn import CellNetwork
from econas_jax.nn.platform import tracing_for
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype

BATCH = 3
# One and two normalisations, edges without parameters, a node of one edge only, an identity at stride 2, one node that
# is not concatenated, and in each cell both inputs and nodes that are read, one of them twice.
NORMAL = (
    Edge("dil_conv_3x3", 0),
    Edge("skip_connect", 1),
    Edge("max_pool_3x3", 2),
    Edge("avg_pool_3x3", 1),
    Edge("sep_conv_3x3", 2),
    Edge("none", 3),
)
REDUCE = (
    Edge("skip_connect", 0),
    Edge("dil_conv_3x3", 1),
    Edge("max_pool_3x3", 0),
    Edge("skip_connect", 2),
    Edge("avg_pool_3x3", 1),
    Edge("sep_conv_3x3", 2),
)
GENOTYPE = Genotype(CellGenotype(NORMAL, (2, 4)), CellGenotype(REDUCE, (3, 4)))


def trained(network: CellNetwork, variables: Tree, images: np.ndarray, probability: float | None) -> Any:
    """Outputs, updated statistics and gradients of a training step's forward and backward pass."""

    def loss(parameters: Tree) -> Any:
        given = {"params": parameters, "batch_stats": variables["batch_stats"]}
        rngs = {"drop_path": jax.random.key(3)}
        outputs, updated = network.apply(
            given, images, train=True, mutable=["batch_stats"], drop_path_probability=probability, rngs=rngs
        )
        heads = outputs if isinstance(outputs, tuple) else (outputs,)
        return sum(jnp.sum(jnp.sin(head)) for head in heads), {"outputs": heads, **updated}

    (_, results), gradients = jax.value_and_grad(loss, has_aux=True)(variables["params"])
    return results, gradients


def step(network: CellNetwork, size: int, probability: float | None = None) -> Callable[[], Any]:
    """Computes what `trained` returns for drawn variables and images."""
    variables, images = random_variables(shapes_of(network, size), seed=1), random_images(BATCH, size, seed=2)
    return lambda: trained(network, variables, images, probability)


def compiled_for(platform: str, run: Callable[[], Any]) -> Any:
    with tracing_for(platform):
        return quick_jit(lambda: run())()  # a new function: jax caches traces


def defined(run: Callable[[], Any]) -> Any:
    """Operation by operation, for a program of so many cells would take long to compile."""
    with tracing_for("gpu"):
        return run()


CASES = {
    "N = 3, drop-path": (CellNetwork(GENOTYPE, 4, 3), 8, 0.4),
    "N = 1, auxiliary head": (CellNetwork(GENOTYPE, 4, 1, auxiliary=True), 32, 0.2),
    "N = 2, ImageNet stem": (CellNetwork(GENOTYPE, 4, 2, stem="imagenet"), 64, None),
}


@pytest.mark.parametrize("case", CASES)
def test_network_on_a_cpu_is_the_plain_one(case: str) -> None:
    run = step(*CASES[case])
    (results, gradients), plain = compiled_for("cpu", run), defined(run)
    assert_close(results, plain[0], 1e-4)
    assert_close(gradients, plain[1], 1e-3)


def test_bfloat16_on_a_cpu_is_as_near_to_float32_as_the_plain_one() -> None:
    run = step(CellNetwork(GENOTYPE, 4, 1, compute_dtype="bfloat16"), 8)
    (results, gradients), plain = (compiled_for(platform, run) for platform in ("cpu", "gpu"))
    exact = defined(step(CellNetwork(GENOTYPE, 4, 1), 8))

    def error(actual: Any, expected: Any) -> float:
        ours, theirs = (np.concatenate([leaf.ravel() for leaf in leaves(tree).values()]) for tree in (actual, expected))
        return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))

    assert all(leaf.dtype == np.float32 for leaf in leaves((results, gradients)).values())
    assert 1e-4 < error(results, exact[0]) < 1.5 * error(plain[0], exact[0])
    assert 1e-3 < error(gradients, exact[1]) < 1.5 * error(plain[1], exact[1])


def test_maps_that_are_not_square_are_computed_plainly() -> None:
    network = CellNetwork(GENOTYPE, 4, 1)
    variables = shapes_of(network, 8)

    def program(platform: str, *sides: int) -> str:
        images = jnp.zeros((2, *sides, 3))
        with tracing_for(platform):
            return jax.jit(lambda given: network.apply(given, images, train=False)).lower(variables).as_text()

    assert program("cpu", 8, 16) == program("gpu", 8, 16)
    assert program("cpu", 8, 8) != program("gpu", 8, 8)


@pytest.mark.parametrize("platform", ["cpu", "gpu"])
def test_variables_are_the_same_everywhere(platform: str) -> None:
    network = CellNetwork(GENOTYPE, 4, 1, auxiliary=True)
    here = shapes_of(network, 32)
    with tracing_for(platform):
        updated = jax.eval_shape(lambda: trained(network, random_variables(here, 0), random_images(2, 32, 0), None))
        assert shapes_of(network, 32) == here
    assert updated[0]["batch_stats"] == here["batch_stats"]
    assert updated[1] == here["params"]


def loops_and_products(cells: int) -> dict[str, int]:
    """How often a training step's program has the operations that take long to compile and to run."""
    network, size = CellNetwork(GENOTYPE, 4, cells), 8
    variables, images = shapes_of(network, size), random_images(2, size, seed=0)
    text = jax.jit(lambda given: trained(network, given, images, 0.2)).lower(variables).as_text()
    names = ("while", "dot_general", "reduce", "pad", "select", "multiply", "add", "maximum", "threefry2x32")
    return {name: text.count(f"stablehlo.{name} ") + text.count(f"stablehlo.{name}(") for name in names}


def test_program_does_not_grow_with_the_cells_of_a_stage() -> None:
    few, many = loops_and_products(3), loops_and_products(6)
    assert few["while"] > 20 and few["dot_general"] > 50
    for name, count in few.items():
        # What is left is arithmetic on statistics and parameters of each cell.
        allowed = count if name in ("while", "dot_general", "reduce") else 1.2 * count + 500
        assert many[name] <= allowed, name
