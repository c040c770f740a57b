"""The supernet as a CPU computes it, in the layout [channels, positions, batch]: a loop over the cells of each stage.

All cells of a stage are one loop body, so that a program does not grow with their number. Outputs that they read have
as many channels as the widest, the rest zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.layers import dense_product, halving_product, normalised, weights_of
from econas_jax.nn.darts.batch_last.tape import Tape
from econas_jax.nn.darts.supernet.cell import run_cell
from econas_jax.nn.darts.supernet.edge_groups import CellShape
from econas_jax.nn.darts.supernet.parameters import with_scales
from econas_jax.nn.darts.supernet.places import cell_places
from econas_jax.nn.kernels import spatial
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.spaces.darts.macro_net import CellPlace

Outputs = tuple[jax.Array, jax.Array]  # of the last but one and of the last cell, [channels, positions, batch]


class Macro(NamedTuple):
    """The static side of a network: its size, and whether batch statistics are used."""

    channels: int
    cells: int
    nodes: int
    size: int
    train: bool

    def shape(self, place: CellPlace) -> CellShape:
        """Returns the static side of a cell."""
        return CellShape(self.nodes, place.side(self.size), place.reduction, self.train)


def run_cells(
    net: Macro,
    parameters: Variables,
    statistics: Variables,
    images: jax.Array,
    weights: tuple[jax.Array, jax.Array],
) -> tuple[jax.Array, Variables]:
    """Returns the last cell's output [channels, positions, batch], and the statistics used.

    images: [batch, size, size, 3]; weights: of the edges of normal and of reduction cells.
    """
    normal, reduction = weights
    stem, new = _stem(net, parameters["stem"], statistics["stem"], images)
    new = {"stem": new}
    outputs = (stem, stem)
    for places in _stages(net):
        own, running = ([tree[_name(place)] for place in places] for tree in (parameters, statistics))
        run = _reduction if places[0].reduction else _stage
        table = reduction if places[0].reduction else normal
        outputs, used = run(net, places, own, running, outputs, table)
        new |= dict(zip(map(_name, places), used, strict=True))
    return outputs[1], new


def _stages(net: Macro) -> list[list[CellPlace]]:
    """Returns the cells in runs of normal ones, and each reduction alone."""
    runs: list[list[CellPlace]] = []
    for place in cell_places(net.channels, net.cells):
        if place.reduction or not runs or runs[-1][0].reduction:
            runs.append([])
        runs[-1].append(place)
    return runs


def _stage(
    net: Macro,
    places: Sequence[CellPlace],
    parameters: Sequence[Variables],
    statistics: Sequence[Variables],
    outputs: Outputs,
    weights: jax.Array,
) -> tuple[Outputs, list[Variables]]:
    """Runs normal cells of one width."""
    shape, channels = net.shape(places[0]), places[0].channels
    before, last = outputs
    width = max(last.shape[0], net.nodes * channels)
    first0, first_norm = _preprocess0(net, places[0], parameters[0], statistics[0], before)
    # The loop computes a cell's input 1 and the next cell's input 0, which read the same output.
    kernels = [
        {
            "own": _widened_kernel(parameters[index]["preprocess1"], width),
            "next": _widened_kernel(parameters[following]["preprocess0"], width) if following else None,
        }
        for index, following in enumerate([*range(1, len(places)), 0])
    ]
    nothing = jax.tree.map(jnp.zeros_like, kernels[0]["own"])
    kernels = [pair | {"next": pair["next"] or nothing} for pair in kernels]
    norms = [statistics[index]["preprocess0"] for index in range(1, len(places))] + [statistics[0]["preprocess1"]]
    stacked = _stacked(
        [
            (pair, _operations(own), {"preprocess1": running["preprocess1"], "next": norm, **_operations(running)})
            for pair, own, running, norm in zip(kernels, parameters, statistics, norms, strict=True)
        ]
    )

    def body(carry: tuple[jax.Array, jax.Array, jax.Array], cell: Any) -> tuple[Any, Variables]:
        input0, _, last = carry
        pair, own, running = cell
        rectified = jax.nn.relu(last)
        input1, norm1 = _product_normalised(net, pair["own"], running["preprocess1"], rectified)
        next0, next_norm = _product_normalised(net, pair["next"], running["next"], rectified)
        operations = {name: tree for name, tree in running.items() if name in SEARCH_OPERATIONS}
        nodes, used = run_cell(shape, jnp.stack([input0, input1]), own, operations, weights)
        output = _padded(nodes.reshape(-1, *nodes.shape[2:]), width)
        return (next0, last, output), {"preprocess1": norm1, "next": next_norm, **used}

    last = _padded(last, width)
    (_, before, output), used = jax.lax.scan(body, (first0, last, last), stacked)
    each = [jax.tree.map(lambda leaf, index=index: leaf[index], used) for index in range(len(places))]
    following = [first_norm, *(cell.pop("next") for cell in each)]
    found = [cell | {"preprocess0": norm} for cell, norm in zip(each, following, strict=False)]
    kept = net.nodes * channels
    return (before[: outputs[1].shape[0] if len(places) == 1 else kept], output[:kept]), found


def _reduction(
    net: Macro,
    places: Sequence[CellPlace],
    parameters: Sequence[Variables],
    statistics: Sequence[Variables],
    outputs: Outputs,
    weights: jax.Array,
) -> tuple[Outputs, list[Variables]]:
    """Runs a single reduction cell."""
    (place,), (own,), (running,) = places, parameters, statistics
    used: Variables = {}
    input0, used["preprocess0"] = _preprocess0(net, place, own, running, outputs[0])
    kernel = _widened_kernel(own["preprocess1"], outputs[1].shape[0])
    given = kernel, running["preprocess1"], jax.nn.relu(outputs[1])
    input1, used["preprocess1"] = _product_normalised(net, *given)
    operations = _operations(own), _operations(running)
    nodes, norms = run_cell(net.shape(place), jnp.stack([input0, input1]), *operations, weights)
    return (outputs[1], nodes.reshape(-1, *nodes.shape[2:])), [used | norms]


def _preprocess0(
    net: Macro, place: CellPlace, parameters: Variables, statistics: Variables, output: jax.Array
) -> tuple[jax.Array, Variables]:
    """Returns a cell's input 0 from the output that it reads, and the statistics used."""
    own, running = parameters["preprocess0"], statistics["preprocess0"]
    if not place.halves_input0:
        return _product_normalised(net, own, running, jax.nn.relu(output))
    product = halving_product(Tape(), own, output, 2 * place.side(net.size))
    return normalised(Tape(), with_scales(own, running), running, product, net.train)


def _product_normalised(
    net: Macro, parameters: Variables, statistics: Variables, x: jax.Array
) -> tuple[jax.Array, Variables]:
    product = spatial.pointwise(weights_of(parameters), x)
    return normalised(Tape(), with_scales(parameters, statistics), statistics, product, net.train)


def _stem(net: Macro, parameters: Variables, statistics: Variables, images: jax.Array) -> tuple[jax.Array, Variables]:
    product = dense_product(Tape(), parameters, "Conv_0", images.transpose(3, 1, 2, 0), (1, 1))
    return normalised(Tape(), parameters, statistics, spatial.as_positions(product), net.train)


def _name(place: CellPlace) -> str:
    return f"cell{place.position}"


def _operations(tree: Variables) -> Variables:
    return {name: tree[name] for name in SEARCH_OPERATIONS if name in tree}


def _widened_kernel(parameters: Variables, width: int) -> Variables:
    """Returns a 1x1 convolution with zeros for inputs that it does not have."""
    kernel = parameters["Conv_0"]["kernel"]
    return {"Conv_0": {"kernel": jnp.pad(kernel, ((0, 0), (0, 0), (0, width - kernel.shape[2]), (0, 0)))}}


def _padded(x: jax.Array, width: int) -> jax.Array:
    return jnp.pad(x, ((0, width - x.shape[0]), (0, 0), (0, 0))) if width > x.shape[0] else x


def _stacked(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
