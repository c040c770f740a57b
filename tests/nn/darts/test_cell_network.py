"""The plain network against the NumPy reference, drop-path, the auxiliary head, and refused input."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference_network as reference
from flax.errors import InvalidRngError
from network_cases import (
    Tree,
    all_ten_operations,
    assert_close,
    in_double,
    quick_jit,
    random_images,
    random_variables,
    reference_scope,
    shapes_of,
)

from econas_jax.errors import InputError
from econas_jax.nn import CellNetwork
from econas_jax.nn.darts.auxiliary import AuxiliaryHead
from econas_jax.nn.darts.cell import Cell
from econas_jax.nn.darts.drop_path import DropPath, drop_path
from econas_jax.spaces.darts.genotype import CellGenotype, Edge
from econas_jax.spaces.darts.macro_net import Stem, walk
from econas_jax.spaces.darts.published import ECONAS

SKIPS = CellGenotype((Edge("skip_connect", 0), Edge("skip_connect", 1)), (2,))
POOLS = CellGenotype((Edge("avg_pool_3x3", 0), Edge("avg_pool_3x3", 1)), (2,))


@pytest.mark.parametrize(("stem", "cells", "size"), [("cifar", 2, 8), ("imagenet", 1, 64)])
def test_network_is_the_references(stem: Stem, cells: int, size: int) -> None:
    genotype = all_ten_operations(seed=cells)
    network = CellNetwork(genotype, 4, cells, num_classes=7, stem=stem)
    variables, images = random_variables(shapes_of(network, size), seed=1), random_images(4, size, seed=2)

    def run(variables: Tree, images: jax.Array) -> Any:
        trained = network.apply(variables, images, train=True, mutable=["batch_stats"])
        return trained, network.apply(variables, images, train=False)

    (trained, updated), evaluated = quick_jit(run)(variables, images)
    scope = reference_scope(variables, train=True)
    assert_close(trained, reference.network(scope, genotype, in_double(images), cells, stem), 2e-5)
    assert_close(updated["batch_stats"], scope.new, 2e-5)
    scope = reference_scope(variables, train=False)
    assert_close(evaluated, reference.network(scope, genotype, in_double(images), cells, stem), 2e-5)


@pytest.mark.parametrize(("stem", "size"), [("cifar", 8), ("imagenet", 7)])
def test_auxiliary_head_is_the_references(stem: Stem, size: int) -> None:
    head = AuxiliaryHead(num_classes=5, stem=stem)
    x = np.random.default_rng(0).standard_normal((3, size, size, 6)).astype(np.float32)
    shapes = jax.eval_shape(lambda: head.init(jax.random.key(0), x, train=True))
    variables = random_variables(shapes, seed=1)
    logits, updated = head.apply(variables, x, train=True, mutable=["batch_stats"])
    scope = reference_scope(variables, train=True)
    assert_close(logits, reference.auxiliary_head(scope, stem, in_double(x)), 1e-5)
    assert_close(updated["batch_stats"], scope.new, 1e-5)


@pytest.mark.parametrize(("stem", "size"), [("cifar", 32), ("imagenet", 224)])
def test_auxiliary_logits_are_returned_in_training_alone(stem: Stem, size: int) -> None:
    network = CellNetwork(ECONAS, 4, 1, num_classes=9, stem=stem, auxiliary=True)
    variables, images = shapes_of(network, size), jnp.zeros((2, size, size, 3))

    def outputs(train: bool) -> Any:
        return jax.eval_shape(
            lambda given: network.apply(given, images, train=train, mutable=["batch_stats"]), variables
        )

    (logits, auxiliary), updated = outputs(train=True)
    assert logits.shape == auxiliary.shape == (2, 9)
    assert "auxiliary" in updated["batch_stats"]
    assert outputs(train=False)[0].shape == (2, 9)


def test_auxiliary_head_reads_the_second_reduction() -> None:
    network = CellNetwork(ECONAS, 4, 1, auxiliary=True)
    kernel = shapes_of(network, 32)["params"]["auxiliary"]["Conv_0"]["kernel"]
    assert kernel.shape == (1, 1, len(ECONAS.reduce.concat) * 16, 128)
    assert "auxiliary" not in shapes_of(CellNetwork(ECONAS, 4, 1), 32)["params"]


def test_drop_path_drops_whole_samples_and_keeps_the_mean() -> None:
    x = jnp.asarray(np.random.default_rng(0).uniform(1, 2, (4000, 2, 2, 3)).astype(np.float32))
    y = np.asarray(drop_path(x, 0.25, jax.random.key(1)))
    kept = (y != 0).reshape(len(y), -1)
    assert (kept.all(1) | ~kept.any(1)).all()
    assert abs(kept[:, 0].mean() - 0.75) < 0.03
    np.testing.assert_allclose(y[kept[:, 0]], np.asarray(x)[kept[:, 0]] / 0.75, rtol=1e-6)
    assert abs(y.mean() / x.mean() - 1) < 0.03


def test_drop_path_with_probability_zero_is_the_identity() -> None:
    x = jnp.asarray(random_images(16, 4, seed=0))
    np.testing.assert_array_equal(jax.jit(drop_path)(x, 0.0, jax.random.key(0)), x)


def run_cell(genotype: CellGenotype, *, reduction: bool, probability: float | None, train: bool = True) -> np.ndarray:
    """A cell of 4 channels on 64 random samples: [64, height, width, 4]."""
    place = walk(2, 1)[1] if reduction else walk(4, 1)[0]
    cell = Cell(genotype, place)
    x = jnp.asarray(random_images(64, 4, seed=0))
    dropped = None if probability is None else DropPath(probability, jax.random.key(1))
    shapes = jax.eval_shape(lambda: cell.init(jax.random.key(0), x, x, train=True))
    variables = random_variables(shapes, seed=2)
    y, _ = cell.apply(variables, x, x, train=train, drop_path=dropped, mutable=["batch_stats"])
    return np.asarray(y)


def test_identity_skips_are_never_dropped() -> None:
    without = run_cell(SKIPS, reduction=False, probability=None)
    np.testing.assert_array_equal(run_cell(SKIPS, reduction=False, probability=0.9), without)


@pytest.mark.parametrize(("genotype", "reduction"), [(SKIPS, True), (POOLS, False)])
def test_every_edge_but_an_identity_is_dropped_on_its_own(genotype: CellGenotype, reduction: bool) -> None:
    whole = run_cell(genotype, reduction=reduction, probability=None)
    dropped = run_cell(genotype, reduction=reduction, probability=0.5)
    none = np.abs(dropped).max((1, 2, 3)) == 0
    both = np.abs(dropped - 2 * whole).max((1, 2, 3)) < 1e-5
    one = ~none & ~both
    # A quarter, a quarter and half of 64 samples.
    assert 8 <= none.sum() <= 26 and 8 <= both.sum() <= 26 and 20 <= one.sum() <= 44


def test_evaluation_drops_nothing() -> None:
    dropped = run_cell(POOLS, reduction=False, probability=0.9, train=False)
    np.testing.assert_array_equal(dropped, run_cell(POOLS, reduction=False, probability=None, train=False))


def test_drop_path_in_the_network_needs_its_key() -> None:
    network, images = CellNetwork(ECONAS, 4, 1), jnp.zeros((2, 8, 8, 3))
    variables = shapes_of(network, 8)

    def shape(rngs: dict[str, jax.Array]) -> Any:
        def apply(given: Tree) -> Any:
            return network.apply(
                given, images, train=True, drop_path_probability=0.2, rngs=rngs, mutable=["batch_stats"]
            )

        return jax.eval_shape(apply, variables)[0].shape

    assert shape({"drop_path": jax.random.key(0)}) == (2, 10)
    with pytest.raises(InvalidRngError, match="drop_path"):
        shape({})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channels": 0}, "channels"),
        ({"channels": 4.0}, "channels"),
        ({"channels": 5, "stem": "imagenet"}, "channels"),
        ({"cells_per_stage": 0}, "cells_per_stage"),
        ({"num_classes": 1}, "num_classes"),
        ({"stem": "svhn"}, "stem"),
        ({"compute_dtype": "float16"}, "compute_dtype"),
    ],
)
def test_refused_fields(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        CellNetwork(ECONAS, **{"channels": 4, "cells_per_stage": 1, **changes})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("stem", "shape"),
    [
        ("cifar", (8, 8, 3)),
        ("cifar", (2, 8, 8, 1)),
        ("cifar", (2, 10, 8, 3)),
        ("cifar", (2, 8, 10, 3)),
        ("imagenet", (2, 36, 64, 3)),
    ],
)
def test_refused_images(stem: Stem, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError) as caught:
        CellNetwork(ECONAS, 4, 1, stem=stem).init(jax.random.key(0), jnp.zeros(shape), train=False)
    assert caught.value.field == "images.shape"
