"""Turns variables of the network of all NAS-Bench-201 genotypes into those of one genotype's plain network."""

from __future__ import annotations

from typing import Any

from econas_jax.nn.nasbench201.edges import middle
from econas_jax.nn.nasbench201.plain_network import cell_name, edge_name
from econas_jax.nn.network import Variables
from econas_jax.spaces.nasbench201.cost import KERNELS, STAGES
from econas_jax.spaces.nasbench201.genotype import Genotype


def specialize(variables: Variables, genotype: Genotype) -> Variables:
    """Copies out what the genotype uses; with it `PlainNetwork` computes the same in training and in evaluation."""
    return {name: _collection(collection, genotype) for name, collection in variables.items()}


def _collection(collection: dict[str, Any], genotype: Genotype) -> dict[str, Any]:
    """Splits each stage's arrays into cells and edges; all else has the same names in both networks."""
    stages = {f"stage{number}": number for number in range(STAGES)}
    plain = {name: part for name, part in collection.items() if name not in stages}
    for name, stage in stages.items():
        edges = collection[name]["edges"]
        cells = next(iter(edges["BatchNorm_0"].values())).shape[0]
        for cell in range(cells):
            own = {
                edge_name(place): _edge(edges, (cell, place), KERNELS[operation])
                for place, operation in enumerate(genotype.operations)
                if operation in KERNELS
            }
            if own:
                plain[cell_name(stage, cell)] = own
    return plain


def _edge(edges: dict[str, Any], place: tuple[int, int], kernel: int) -> dict[str, Any]:
    own = {part: {name: leaf[place] for name, leaf in leaves.items()} for part, leaves in edges.items()}
    if "Conv_0" in own:
        own["Conv_0"] = {"kernel": middle(own["Conv_0"]["kernel"], kernel)}
    return own
