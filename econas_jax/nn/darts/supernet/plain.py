"""The supernet's definition: a loop over cells, edges and operations with the modules of plain networks.

Images come first, [batch, height, width, channels]. It can be differentiated twice, in forward mode, too.
"""

from __future__ import annotations

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.nn.darts.cell import Preprocess
from econas_jax.nn.darts.supernet.parameters import POOLS, with_scales
from econas_jax.nn.darts.supernet.places import cell_places, edge_count
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import FactorizedReduce, convolution, make_operation
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.spaces.darts.macro_net import CellPlace


class _Stem(nn.Module):
    """A 3x3 convolution and BN."""

    channels: int

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        return BatchNorm()(convolution(x, self.channels, (3, 3)), train=train)


# Made here: modules that are made while another one runs become its parts.
_MODULES = {(name, stride): make_operation(name, stride) for name in SEARCH_OPERATIONS for stride in (1, 2)}
_NORMALISATION = BatchNorm()


def run_plainly(
    channels: int,
    cells: int,
    nodes: int,
    parameters: Variables,
    statistics: Variables,
    images: jax.Array,
    weights: tuple[jax.Array, jax.Array],
    train: bool,
) -> tuple[jax.Array, Variables]:
    """Returns the last cell's output, and the running statistics after this batch.

    weights: of the edges of normal and of reduction cells.
    """
    stem = parameters["stem"]
    width = stem["Conv_0"]["kernel"].shape[-1]
    x, after = _run(_Stem(width, parent=None), stem, statistics["stem"], images, train)
    before, last, new = x, x, {"stem": after}
    for place in cell_places(channels, cells):
        name = f"cell{place.position}"
        table = weights[1] if place.reduction else weights[0]
        output, new[name] = _cell(place, nodes, parameters[name], statistics[name], (before, last), table, train)
        before, last = last, output
    return last, new


def _cell(
    place: CellPlace,
    nodes: int,
    parameters: Variables,
    statistics: Variables,
    inputs: tuple[jax.Array, jax.Array],
    weights: jax.Array,
    train: bool,
) -> tuple[jax.Array, Variables]:
    states, new = [], {}
    for index, name in enumerate(("preprocess0", "preprocess1")):
        kind = FactorizedReduce if index == 0 and place.halves_input0 else Preprocess
        module = kind(place.channels, parent=None)
        x, new[name] = _run(module, parameters[name], statistics[name], inputs[index], train)
        states.append(x)
    norms: dict[str, list[Variables]] = {name: [] for name in SEARCH_OPERATIONS if name in statistics}
    for node in range(nodes):
        sums = []
        for source, state in enumerate(states):
            edge = edge_count(node) + source
            own = [edge_leaves(tree, edge, node, source) for tree in (parameters, statistics)]
            y, after = mixed(state, place.stride(source), own[0], own[1], weights[edge], train)
            sums.append(y)
            for name, norm in after.items():
                norms[name].append(norm)
        states.append(sum(sums[1:], sums[0]))
    new |= {name: jax.tree.map(lambda *leaves: jnp.stack(leaves), *each) for name, each in norms.items()}
    return jnp.concatenate(states[CELL_INPUTS:], axis=-1), new


def edge_leaves(tree: Variables, edge: int, node: int, source: int) -> Variables:
    """Returns the leaves of the operations of one edge; factorized reduces are on the edges from inputs alone."""
    rows = {name: CELL_INPUTS * node + source if name == "skip_connect" else edge for name in SEARCH_OPERATIONS}
    return {
        name: jax.tree.map(lambda leaf, row=row: leaf[row], tree[name])
        for name, row in rows.items()
        if name in tree and (name != "skip_connect" or source < CELL_INPUTS)
    }


@functools.partial(jax.jit, static_argnames=("stride", "train"))
def mixed(
    x: jax.Array, stride: int, parameters: Variables, statistics: Variables, weights: jax.Array, train: bool
) -> tuple[jax.Array, Variables]:
    """Returns the weighted sum of all operations of one edge, and the running statistics after it.

    Jitted, so that JAX traces and differentiates it once for all edges of one shape.
    """
    terms, new = [], {}
    for place, name in enumerate(SEARCH_OPERATIONS):
        if name == "none":
            continue
        running = statistics.get(name, {})
        y, after = _run(_MODULES[name, stride], parameters.get(name, {}), {} if name in POOLS else running, x, train)
        if name in POOLS:
            y, norm = _run(_NORMALISATION, {}, running["BatchNorm_0"], y, train)
            after = {"BatchNorm_0": norm}
        if after:
            new[name] = after
        terms.append((weights[place] * y).astype(x.dtype))
    return sum(terms[1:], terms[0]), new


def _run(
    module: Any, parameters: Variables, statistics: Variables, x: jax.Array, train: bool
) -> tuple[jax.Array, Variables]:
    """Returns a module's output and its running statistics after that; absent scales are 1."""
    variables = {"params": with_scales(parameters, statistics), "batch_stats": statistics}
    if not train:
        return module.apply(variables, x, train=False), statistics
    y, updated = module.apply(variables, x, train=True, mutable=["batch_stats"])
    return y, updated.get("batch_stats", {})
