"""Parameters and multiply-adds against the published counts and against the network that is built."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import jaxprs_in_params

from econas_jax.errors import InputError
from econas_jax.nn.darts.cell_network import CellNetwork
from econas_jax.spaces.darts import DartsSpace, multiply_adds, parameters
from econas_jax.spaces.darts.genotype import OPERATIONS, CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.published import AMOEBANET_A, DARTS_V1, DARTS_V2, ECONAS, NASNET_A

CIFAR: dict[str, Any] = {"channels": 36, "cells_per_stage": 6}
IMAGENET: dict[str, Any] = {"channels": 48, "cells_per_stage": 4, "num_classes": 1000, "stem": "imagenet"}

# Active in the released code's `retrain/eval_param.py`, which prints its number of parameters.
ECONAS_OTHER = Genotype.parse(
    "Genotype(normal=[('skip_connect', 0), ('skip_connect', 1), ('sep_conv_5x5', 2), ('dil_conv_3x3', 2), "
    "('sep_conv_3x3', 0), ('sep_conv_3x3', 0), ('sep_conv_5x5', 4), ('skip_connect', 2)], "
    "normal_concat=[2, 3, 4, 5], reduce=[('dil_conv_3x3', 1), ('skip_connect', 0), ('dil_conv_3x3', 2), "
    "('avg_pool_3x3', 0), ('avg_pool_3x3', 3), ('max_pool_3x3', 1), ('sep_conv_5x5', 0), ('max_pool_3x3', 0)], "
    "reduce_concat=[3, 4, 5])"
)


@pytest.mark.parametrize(
    ("genotype", "cifar", "imagenet"),
    [
        (DARTS_V1, (3_169_414, 500.988), (4_510_432, 505.865)),
        (DARTS_V2, (3_349_342, 528.359), (4_718_752, 529.912)),
        (ECONAS, (2_956_006, 468.916), (4_302_112, 479.409)),
    ],
)
def test_published_counts(genotype: Genotype, cifar: tuple[int, float], imagenet: tuple[int, float]) -> None:
    assert parameters(genotype, **CIFAR) == cifar[0]
    assert parameters(genotype, **IMAGENET) == imagenet[0]
    assert round(multiply_adds(genotype, **CIFAR, resolution=32) / 1e6, 3) == cifar[1]
    assert round(multiply_adds(genotype, **IMAGENET, resolution=224) / 1e6, 3) == imagenet[1]


@pytest.mark.parametrize(
    ("genotype", "cifar", "imagenet"),
    [
        (DARTS_V1, 518_940_298, 519_751_912),
        (DARTS_V2, 547_473_034, 544_589_032),
        (NASNET_A, 624_234_538, 620_148_520),
        (AMOEBANET_A, 506_294_506, 540_558_568),
    ],
)
def test_elementwise_operations_are_those_of_ptflops(genotype: Genotype, cifar: int, imagenet: int) -> None:
    # As ptflops 0.6.9 counts them in the networks of quark0/darts; its users report 544.59 M (issue 46 there).
    assert multiply_adds(genotype, **CIFAR, resolution=32, elementwise=True) == cifar
    assert multiply_adds(genotype, **IMAGENET, resolution=224, elementwise=True) == imagenet


@pytest.mark.parametrize(("fields", "resolution", "side"), [(CIFAR, 32, 8), (IMAGENET, 224, 7)])
def test_elementwise_operations_of_the_auxiliary_head(fields: dict[str, Any], resolution: int, side: int) -> None:
    # DARTS_V2's second reduction cell makes 4 nodes of 4 * C channels, which a ReLU and the pool read. A BN makes, and
    # a ReLU reads, 128 x 2 x 2; the CIFAR head has a second BN; a ReLU reads 768 features; the rest is biases.
    def elementwise(auxiliary: bool) -> int:
        sizes: dict[str, Any] = {**fields, "resolution": resolution, "auxiliary": auxiliary}
        return multiply_adds(DARTS_V2, **sizes, elementwise=True) - multiply_adds(DARTS_V2, **sizes)

    channels, classes = 16 * fields["channels"], fields.get("num_classes", 10)
    normalised = 2 * 768 if fields is CIFAR else 0
    assert elementwise(True) - elementwise(False) == 2 * channels * side**2 + 3 * 128 * 4 + normalised + 768 + classes


def test_published_count_of_the_other_econas_cell() -> None:
    assert parameters(ECONAS_OTHER, **CIFAR) == 3_180_862


def test_published_counts_of_the_auxiliary_heads() -> None:
    for fields, expected in ((CIFAR, 476_426), (IMAGENET, 1_260_776)):
        assert parameters(DARTS_V2, **fields, auxiliary=True) - parameters(DARTS_V2, **fields) == expected


def built_counts(genotype: Genotype, resolution: int, auxiliary: bool, **fields: Any) -> tuple[int, int]:
    """Parameters and multiply-adds of the Flax network, read off its parameter shapes and its program."""
    network = CellNetwork(genotype, auxiliary=auxiliary, **fields)
    images = jax.ShapeDtypeStruct((1, resolution, resolution, 3), jnp.float32)

    def build(images: jax.Array) -> Any:
        return network.init_with_output(jax.random.key(0), images, train=True)

    # With the initial values in the program too: they are random numbers, without a product.
    program, (_, variables) = jax.make_jaxpr(build, return_shape=True)(images)
    return sum(leaf.size for leaf in jax.tree.leaves(variables["params"])), sum(products(program.jaxpr))


def products(program: Any) -> Iterator[int]:
    """Multiply-adds of every convolution and matrix product of a jaxpr."""
    for equation in program.eqns:
        shapes = [variable.aval.shape for variable in equation.invars]
        if equation.primitive.name == "conv_general_dilated":
            outputs = equation.params["dimension_numbers"].rhs_spec[0]
            yield equation.outvars[0].aval.size * math.prod(shapes[1]) // shapes[1][outputs]
        elif equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            yield equation.outvars[0].aval.size * math.prod(shapes[0][axis] for axis in contracted)
        for inner in jaxprs_in_params(equation.params):
            yield from products(inner)


def every_operation() -> Genotype:
    """All ten operations, at stride 2 and 1, in both cells; node 3 is dead."""
    edges = [Edge(operation, place % 2) for place, operation in enumerate(OPERATIONS)]
    edges += [Edge(operation, 2 + place // 2) for place, operation in enumerate(OPERATIONS)]
    cell = CellGenotype(tuple(edges), (2, 7, 11))
    return Genotype(cell, cell)


@pytest.mark.parametrize(
    ("genotype", "resolution", "auxiliary", "fields"),
    [
        (every_operation(), 8, False, {"channels": 4, "cells_per_stage": 1}),
        (every_operation(), 64, False, {"channels": 6, "cells_per_stage": 1, "stem": "imagenet", "num_classes": 7}),
        (ECONAS, 12, False, {"channels": 9, "cells_per_stage": 2}),
        (NASNET_A, 32, True, {"channels": 3, "cells_per_stage": 1, "num_classes": 5}),
        (AMOEBANET_A, 224, True, {"channels": 4, "cells_per_stage": 1, "stem": "imagenet"}),
        (DartsSpace().sample(np.random.default_rng(0)), 4, False, {"channels": 5, "cells_per_stage": 1}),
        (DartsSpace().sample(np.random.default_rng(1)), 16, False, {"channels": 7, "cells_per_stage": 3}),
    ],
)
def test_counts_are_those_of_the_built_network(
    genotype: Genotype, resolution: int, auxiliary: bool, fields: dict[str, Any]
) -> None:
    built = built_counts(genotype, resolution, auxiliary, **fields)
    assert parameters(genotype, auxiliary=auxiliary, **fields) == built[0]
    assert multiply_adds(genotype, auxiliary=auxiliary, resolution=resolution, **fields) == built[1]


def test_odd_sides_halve_to_the_larger_half() -> None:
    # One pointwise convolution a preprocessing, a depthwise and a pointwise one for each edge at stride 2 or 1.
    cell = CellGenotype((Edge("dil_conv_3x3", 0), Edge("none", 1)), (2,))
    sides, channels = (9, 5, 3), (1, 2, 4)
    expected = 9 * 3 * 3 * 81 + 4 * 10  # stem, classifier
    inputs = [3, 3, 1, 2, 2, 4, 4]
    for place, stage in enumerate((0, 1, 1, 2, 2)):
        reduction = place in (1, 3)
        before, last, width = *inputs[place : place + 2], channels[stage]
        expected += (before + last) * width * sides[stage - reduction] ** 2
        expected += (9 * width + width * width) * sides[stage] ** 2
    genotype = Genotype(cell, cell)
    assert multiply_adds(genotype, channels=1, cells_per_stage=1, resolution=9) == expected


def test_the_smallest_maps() -> None:
    # The imagenet stem leaves one pixel, at which a reduction's skip is still two convolutions and no identity.
    skips = CellGenotype((Edge("skip_connect", 0), Edge("skip_connect", 1)), (2,))
    zeros = CellGenotype((Edge("none", 0), Edge("none", 1)), (2,))
    fields: dict[str, Any] = {"channels": 2, "cells_per_stage": 1, "stem": "imagenet", "resolution": 4}
    difference = multiply_adds(Genotype(zeros, skips), **fields) - multiply_adds(Genotype(zeros, zeros), **fields)
    assert difference == 2 * 4 * 4 + 2 * 8 * 8


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channels": 0}, "channels"),
        ({"channels": 9, "stem": "imagenet"}, "channels"),
        ({"cells_per_stage": 0}, "cells_per_stage"),
        ({"cells_per_stage": 1.5}, "cells_per_stage"),
        ({"num_classes": 1}, "num_classes"),
        ({"resolution": 3}, "resolution"),
        ({"stem": "svhn"}, "stem"),
        ({"stem": ["cifar"]}, "stem"),
        ({"auxiliary": True, "resolution": 8}, "auxiliary"),
        ({"auxiliary": True, "resolution": 64}, "auxiliary"),
    ],
)
def test_values_that_make_no_network_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        multiply_adds(ECONAS, **{**CIFAR, "resolution": 32, **changes})
    assert caught.value.field == field
