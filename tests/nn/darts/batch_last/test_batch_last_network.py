"""The network as a CPU computes it against its definition: logits, gradients, statistics, drop-path, program size."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import (
    Tree,
    all_ten_operations,
    assert_close,
    leaves,
    quick_jit,
    random_genotype,
    random_images,
    random_variables,
    shapes_of,
)

from econas_jax.nn import CellNetwork
from econas_jax.nn.platform import tracing_for
from econas_jax.spaces.darts.published import AMOEBANET_A, DARTS_V2, ECONAS, NASNET_A

BATCH = 3


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


def both(network: CellNetwork, size: int, probability: float | None = None) -> tuple[Any, Any]:
    """What `trained` and evaluation return on a CPU, and elsewhere."""
    variables, images = random_variables(shapes_of(network, size), seed=1), random_images(BATCH, size, seed=2)

    def run(variables: Tree, images: np.ndarray) -> Any:
        return *trained(network, variables, images, probability), network.apply(variables, images, train=False)

    with tracing_for("cpu"):
        ours = quick_jit(run)(variables, images)
    with tracing_for("gpu"):
        plain = quick_jit(run)(variables, images)
    return ours, plain


CASES = {
    "all ten, N = 1": (CellNetwork(all_ten_operations(seed=1), 4, 1), 16, None),
    "random, N = 3, drop-path": (CellNetwork(random_genotype(5, concats=(2, 3)), 4, 3), 8, 0.4),
    "EcoNAS, N = 1, auxiliary head": (CellNetwork(ECONAS, 4, 1, auxiliary=True), 32, 0.2),
    "NASNet, N = 1, ImageNet stem": (CellNetwork(NASNET_A, 4, 1, stem="imagenet"), 64, None),
    "AmoebaNet, N = 1": (CellNetwork(AMOEBANET_A, 4, 1), 8, 0.3),
}


QUICK = ("all ten, N = 1", "random, N = 3, drop-path")


@pytest.mark.parametrize(
    "case", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CASES]
)
def test_network_on_a_cpu_is_the_plain_one(case: str) -> None:
    (results, gradients, evaluated), plain = both(*CASES[case])
    assert_close(results, plain[0], 1e-4)
    assert_close(gradients, plain[1], 1e-3)
    assert_close(evaluated, plain[2], 1e-4)


@pytest.mark.slow
def test_bfloat16_on_a_cpu_is_as_near_to_float32_as_the_plain_one() -> None:
    genotype, size = random_genotype(7, concats=(2, 2)), 8
    (results, gradients, _), plain = both(CellNetwork(genotype, 4, 2, compute_dtype="bfloat16"), size)
    exact, _ = both(CellNetwork(genotype, 4, 2), size)

    def error(actual: Any, expected: Any) -> float:
        ours, theirs = (np.concatenate([leaf.ravel() for leaf in leaves(tree).values()]) for tree in (actual, expected))
        return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))

    assert all(leaf.dtype == np.float32 for leaf in leaves((results, gradients)).values())
    assert 1e-4 < error(results, exact[0]) < 1.5 * error(plain[0], exact[0])
    assert 1e-3 < error(gradients, exact[1]) < 1.5 * error(plain[1], exact[1])


def test_maps_that_are_not_square_are_computed_plainly() -> None:
    network = CellNetwork(ECONAS, 4, 1)
    variables = random_variables(shapes_of(network, 8), seed=1)
    images = np.random.default_rng(0).standard_normal((2, 8, 16, 3)).astype(np.float32)
    outputs = quick_jit(lambda given: network.apply(given, images, train=False))(variables)
    with tracing_for("gpu"):
        plain = quick_jit(lambda given: network.apply(given, images, train=False))(variables)
    np.testing.assert_array_equal(outputs, plain)


@pytest.mark.parametrize("platform", ["cpu", "gpu"])
def test_variables_are_the_same_everywhere(platform: str) -> None:
    network = CellNetwork(AMOEBANET_A, 4, 1, auxiliary=True)
    here = shapes_of(network, 32)
    with tracing_for(platform):
        updated = jax.eval_shape(lambda: trained(network, random_variables(here, 0), random_images(2, 32, 0), None))
        assert shapes_of(network, 32) == here
    assert updated[0]["batch_stats"] == here["batch_stats"]
    assert updated[1] == here["params"]


def loops_and_products(cells: int) -> dict[str, int]:
    """How often a training step's program has the operations that take long to compile and to run."""
    network, size = CellNetwork(DARTS_V2, 4, cells), 16
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
