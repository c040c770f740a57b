"""Costs against the numbers that the benchmark publishes; against built networks: tests/nn/nasbench201."""

from __future__ import annotations

import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.nasbench201 import Genotype, multiply_adds, parameters

SMALLEST, LARGEST = (Genotype((name,) * 6) for name in ("none", "nor_conv_3x3"))


# Millions of parameters and of FLOPs in the benchmark's tables: C = 16, N = 5.
@pytest.mark.parametrize(
    ("genotype", "classes", "resolution", "published_parameters", "published_flops"),
    [
        (SMALLEST, 10, 32, "0.073306", "7.78305"),
        (LARGEST, 10, 32, "1.531546", "220.11969"),
        (SMALLEST, 100, 32, "0.079156", "7.78890"),
        (LARGEST, 100, 32, "1.537396", "220.12554"),
        (SMALLEST, 120, 16, None, "1.95340"),
        (LARGEST, 120, 16, None, "55.03756"),
    ],
)
def test_published_numbers(
    genotype: Genotype, classes: int, resolution: int, published_parameters: str | None, published_flops: str
) -> None:
    shape = {"channels": 16, "cells_per_stage": 5, "num_classes": classes}
    if published_parameters is not None:
        assert f"{parameters(genotype, **shape) / 1e6:.6f}" == published_parameters
    # The published number counts the classifier's biases, too.
    flops = multiply_adds(genotype, resolution=resolution, **shape) + classes
    assert f"{flops / 1e6:.5f}" == published_flops


def test_operations_without_parameters_cost_nothing() -> None:
    for name in ("skip_connect", "avg_pool_3x3"):
        free = Genotype((name,) * 6)
        assert parameters(free, channels=4, cells_per_stage=2) == parameters(SMALLEST, channels=4, cells_per_stage=2)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channels": 0}, "channels"),
        ({"cells_per_stage": True}, "cells_per_stage"),
        ({"num_classes": 1}, "num_classes"),
        ({"resolution": 6}, "resolution"),
        ({"resolution": 0}, "resolution"),
        ({"resolution": "8"}, "resolution"),
    ],
)
def test_refused_values(changes: dict[str, int], field: str) -> None:
    with pytest.raises(InputError) as caught:
        multiply_adds(SMALLEST, **{"channels": 4, "cells_per_stage": 1, "resolution": 8, **changes})
    assert caught.value.field == field
