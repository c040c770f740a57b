"""The integer form of genotypes: what networks take as data."""

from __future__ import annotations

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.genotype import (
    OPERATIONS,
    CellGenotype,
    Edge,
    EncodedCell,
    EncodedGenotype,
    Genotype,
    decode,
)
from econas_jax.spaces.darts.published import AMOEBANET_A, ECONAS, NASNET_A

GENOTYPE = Genotype(
    normal=CellGenotype(
        (Edge("sep_conv_3x3", 1), Edge("none", 0), Edge("skip_connect", 2), Edge("max_pool_3x3", 0)), (2, 3)
    ),
    reduce=CellGenotype(
        (Edge("dil_conv_5x5", 0), Edge("avg_pool_3x3", 1), Edge("sep_conv_5x5", 1), Edge("sep_conv_3x3", 2)), (3,)
    ),
)


def test_encoding() -> None:
    encoded = GENOTYPE.encode()
    np.testing.assert_array_equal(encoded.normal.operations, [4, 0, 3, 1])
    np.testing.assert_array_equal(encoded.normal.inputs, [1, 0, 2, 0])
    np.testing.assert_array_equal(encoded.normal.concat, [1, 1])
    np.testing.assert_array_equal(encoded.reduce.operations, [7, 2, 5, 4])
    np.testing.assert_array_equal(encoded.reduce.inputs, [0, 1, 1, 2])
    np.testing.assert_array_equal(encoded.reduce.concat, [0, 1])
    assert all(array.dtype == np.int32 for cell in encoded for array in cell)


def test_decoding_is_the_inverse() -> None:
    rng = np.random.default_rng(0)
    space = DartsSpace(nodes=5, operations=OPERATIONS)
    for genotype in (ECONAS, NASNET_A, AMOEBANET_A, *(space.sample(rng) for _ in range(50))):
        assert decode(genotype.encode(OPERATIONS), OPERATIONS) == genotype


def test_encoding_by_other_operations() -> None:
    operations = tuple(reversed(OPERATIONS))
    assert GENOTYPE.encode(operations).normal.operations.tolist() == [5, 9, 6, 8]
    assert decode(GENOTYPE.encode(operations), operations) == GENOTYPE


def test_encoding_refuses_operations_outside_the_space() -> None:
    with pytest.raises(InputError, match="sep_conv_7x7"):
        NASNET_A.encode()


def test_encoding_refuses_cells_of_different_numbers_of_nodes() -> None:
    with pytest.raises(InputError, match="equal numbers"):
        Genotype(GENOTYPE.normal, ECONAS.reduce).encode()


def _with_normal(**changes: list[int]) -> EncodedGenotype:
    encoded = GENOTYPE.encode()
    arrays = {name: np.array(values) for name, values in changes.items()}
    return encoded._replace(normal=encoded.normal._replace(**arrays))


@pytest.mark.parametrize(
    "changes",
    [
        {"operations": [8, 0, 0, 0]},
        {"operations": [-1, 0, 0, 0]},
        {"operations": [0, 0]},
        {"inputs": [0, 0, 3, 0]},
        {"concat": [0, 0]},
        {"concat": [2, 1]},
        {"concat": [1, 1, 1]},
    ],
)
def test_decode_refuses_arrays_that_encode_no_genotype(changes: dict[str, list[int]]) -> None:
    with pytest.raises(InputError):
        decode(_with_normal(**changes))


def test_decode_reads_any_integer_arrays() -> None:
    arrays = {name: array.astype(np.int8) for name, array in GENOTYPE.encode().normal._asdict().items()}
    assert decode(GENOTYPE.encode()._replace(normal=EncodedCell(**arrays))) == GENOTYPE
