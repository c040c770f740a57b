"""What each operation of each edge of a supernet costs: parameters, multiply-adds and memory access together."""

from __future__ import annotations

import numpy as np

from econas_jax.nn.darts.supernet.places import cell_places, edge_count
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.cost import operation_layers
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.spaces.darts.macro_net import CellPlace
from econas_jax.spaces.layers import Map, multiply_adds, parameters
from econas_jax.supernet.derive import Shares, Table


def cell_costs(channels: int, cells: int, nodes: int, resolution: int) -> Shares:
    """Returns tables of costs [edges, operations], each the mean over all cells of the supernet.

    The cost of an operation in a cell is the sum of its parameters (those of normalisations not counted), its
    multiply-adds for one image, and the values that it reads and writes.
    """
    tables = [np.zeros((edge_count(nodes), len(SEARCH_OPERATIONS))) for _ in range(2)]
    for place in cell_places(channels, cells):
        tables[place.reduction] += _costs(place, nodes, resolution) / cells
    return Shares(*tables)


def _costs(place: CellPlace, nodes: int, resolution: int) -> Table:
    inside = Map(place.channels, place.side(resolution))
    output = Map(place.channels, place.output_side(resolution))
    rows = []
    for node in range(nodes):
        for read in range(CELL_INPUTS + node):
            source, stride = (inside if read < CELL_INPUTS else output), place.stride(read)
            rows.append([_cost(operation, source, output, stride) for operation in SEARCH_OPERATIONS])
    return np.array(rows)


def _cost(operation: str, source: Map, output: Map, stride: int) -> float:
    if operation == "none":
        return 0.0
    layers = [layer._replace(affine=0) for layer in operation_layers(operation, source, output, stride)]
    return float(parameters(layers) + multiply_adds(layers) + source.elements + output.elements)
