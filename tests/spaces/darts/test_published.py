"""The published genotypes, derived once more from the other forms in which their authors released them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from econas_jax.spaces.darts import loose_nodes, published
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype

SLIM_OPERATIONS = {
    "separable_3x3_2": "sep_conv_3x3",
    "separable_5x5_2": "sep_conv_5x5",
    "separable_7x7_2": "sep_conv_7x7",
    "avg_pool_3x3": "avg_pool_3x3",
    "max_pool_3x3": "max_pool_3x3",
    "none": "skip_connect",
}
ENAS_OPERATIONS = ("sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "skip_connect")
# `fixed_arc` in melodyguan/enas, `scripts/cifar10_micro_final.sh`.
ENAS_ARCS = ("0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1", "1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1")

# The texts of all of them, as a guard against an edit by mistake: the first digits of their SHA-256.
DIGESTS = {
    "ECONAS": "8deba43af9bd",
    "DARTS_V1": "42911f9d2785",
    "DARTS_V2": "95615ae01a62",
    "NASNET_A": "d0f9c2bf9d1b",
    "AMOEBANET_A": "fd4e6daf23ef",
    "PNAS": "5cfc41369684",
    "ENAS": "bc409187723d",
    "ENAS_RELEASED": "044d9d194935",
    "SNAS_MILD": "c3e2bbc2f2e0",
    "SNAS_MODERATE": "b25bd0533d90",
    "SNAS_AGGRESSIVE": "8406c6ac82f1",
    "P_DARTS": "138383b1a04f",
    "PC_DARTS_CIFAR10": "b299a3a6bcb2",
    "PC_DARTS_IMAGENET": "9a8d3abc25fd",
    "GDAS_V1": "4bb415cc28b8",
}


def slim_edges(operations: str, indices: Sequence[int]) -> tuple[Edge, ...]:
    """Edges of tensorflow/models' lists, in which the inputs 0 and 1 are exchanged."""
    exchanged = {0: 1, 1: 0}
    names = [SLIM_OPERATIONS[name] for name in operations.split()]
    return tuple(Edge(name, exchanged.get(index, index)) for name, index in zip(names, indices, strict=True))


def test_nasnet_is_the_authors() -> None:
    normal = slim_edges(
        "separable_5x5_2 separable_3x3_2 separable_5x5_2 separable_3x3_2 avg_pool_3x3 none avg_pool_3x3 avg_pool_3x3 "
        "separable_3x3_2 none",
        [0, 1, 1, 1, 0, 1, 1, 1, 0, 0],
    )
    reduce = slim_edges(
        "separable_5x5_2 separable_7x7_2 max_pool_3x3 separable_7x7_2 avg_pool_3x3 separable_5x5_2 none avg_pool_3x3 "
        "separable_3x3_2 max_pool_3x3",
        [0, 1, 0, 1, 0, 1, 3, 2, 2, 0],
    )
    assert (published.NASNET_A.normal.edges, published.NASNET_A.reduce.edges) == (normal, reduce)


def test_pnas_is_the_authors_one_cell() -> None:
    edges = slim_edges(
        "separable_5x5_2 max_pool_3x3 separable_7x7_2 max_pool_3x3 separable_5x5_2 separable_3x3_2 separable_3x3_2 "
        "max_pool_3x3 separable_3x3_2 none",
        [1, 1, 0, 0, 0, 0, 4, 0, 1, 0],
    )
    assert published.PNAS.normal == published.PNAS.reduce == CellGenotype(edges, range(2, 7))  # type: ignore[arg-type]


def test_enas_released_is_the_scripts() -> None:
    cells = []
    for arc in ENAS_ARCS:
        numbers = [int(number) for number in arc.split()]
        edges = tuple(
            Edge(ENAS_OPERATIONS[operation], source)
            for source, operation in zip(numbers[::2], numbers[1::2], strict=True)
        )
        cells.append(CellGenotype(edges, loose_nodes(edges)))
    assert Genotype(*cells) == published.ENAS_RELEASED


# SNAS-Series, `SNAS/genotypes.py`, `*_edge_all`: for each node all edges but the `none` ones.
SNAS = {
    "SNAS_MILD": (
        "sep_conv_3x3 0, sep_conv_3x3 1 | skip_connect 0, dil_conv_3x3 1 | skip_connect 0, skip_connect 1 | "
        "skip_connect 0, sep_conv_3x3 1",
        "max_pool_3x3 0, max_pool_3x3 1 | max_pool_3x3 1, skip_connect 2 | max_pool_3x3 1, skip_connect 2 | "
        "max_pool_3x3 0, dil_conv_5x5 2",
    ),
    "SNAS_MODERATE": (
        "dil_conv_5x5 0, skip_connect 1 | sep_conv_3x3 0, skip_connect 1 | skip_connect 0, skip_connect 1 | "
        "sep_conv_3x3 0, dil_conv_5x5 1",
        "max_pool_3x3 0, max_pool_3x3 1 | sep_conv_5x5 0, dil_conv_5x5 1 | sep_conv_5x5 0, sep_conv_5x5 1 | "
        "sep_conv_5x5 0, sep_conv_5x5 1",
    ),
    "SNAS_AGGRESSIVE": (
        "sep_conv_5x5 0, skip_connect 1 | skip_connect 0, skip_connect 1 | dil_conv_5x5 1, skip_connect 0 | "
        "skip_connect 0, dil_conv_5x5 1",
        "sep_conv_5x5 0 | sep_conv_5x5 0 |  | ",
    ),
}


@pytest.mark.parametrize("name", SNAS)
def test_snas_has_the_edges_of_the_whole_list(name: str) -> None:
    genotype: Genotype = getattr(published, name)
    for cell, text in zip((genotype.normal, genotype.reduce), SNAS[name], strict=True):
        for node, expected in enumerate(text.split("|")):
            edges = {f"{edge.operation} {edge.input}" for edge in cell.edges[2 * node : 2 * node + 2]}
            assert {edge for edge in edges if not edge.startswith("none")} == set(expected.strip().split(", ")) - {""}


@pytest.mark.parametrize("name", DIGESTS)
def test_text_has_not_changed(name: str) -> None:
    text = str(getattr(published, name))
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == DIGESTS[name]


def test_every_genotype_has_a_digest() -> None:
    assert {name for name, value in vars(published).items() if isinstance(value, Genotype)} == set(DIGESTS)
