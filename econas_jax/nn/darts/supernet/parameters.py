"""The supernet's variables: shapes and initial values.

A module has the names that it has in the plain network of one genotype (`cell_network`). Of a cell each operation has
its own tree, whose leaves have the cell's edges as their first axis. No normalisation but the stem's has parameters
(DARTS, section 3.1.1: scales that are learned would undo the weights of a search), so these are absent.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.supernet.places import cell_places, edge_count, edges_of_inputs
from econas_jax.nn.layers.initializers import torch_bias
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.macro_net import COLOURS, STEM_WIDTH, CellPlace

POOLS = ("max_pool_3x3", "avg_pool_3x3")
# kernel and repeats of the operations that are ReLU, a depthwise and a 1x1 convolution, and BN
SEPARABLE = {"sep_conv_3x3": (3, 2), "sep_conv_5x5": (5, 2), "dil_conv_3x3": (3, 1), "dil_conv_5x5": (5, 1)}
STEM_KERNEL = 3

Initializer = Callable[[jax.Array], Variables]


def parameter_initializers(channels: int, cells: int, nodes: int, classes: int) -> dict[str, Initializer]:
    """Returns for each part of the network the function that draws its parameters, float32, from a key."""
    stem = STEM_WIDTH * channels
    widths = {-2: stem, -1: stem}  # of the outputs that cells read
    initializers: dict[str, Initializer] = {"stem": functools.partial(_stem, stem)}
    for place in cell_places(channels, cells):
        read = (widths[place.reads[0]], widths[place.reads[1]])
        initializers[f"cell{place.position}"] = functools.partial(_cell, place, read, nodes)
        widths[place.position] = nodes * place.channels
    return initializers | {"classifier": functools.partial(_classifier, widths[cells - 1], classes)}


def initial_statistics(channels: int, cells: int, nodes: int) -> Variables:
    """Returns running means of 0 and running variances of 1 for every normalisation."""

    def norm(*shape: int) -> Variables:
        return {"mean": jnp.zeros(shape), "variance": jnp.ones(shape)}

    statistics: Variables = {"stem": {"BatchNorm_0": norm(STEM_WIDTH * channels)}}
    edges = edge_count(nodes)
    for place in cell_places(channels, cells):
        width = place.channels
        own: Variables = {name: {"BatchNorm_0": norm(width)} for name in ("preprocess0", "preprocess1")}
        own |= {name: {"BatchNorm_0": norm(edges, width)} for name in POOLS}
        for name, (_, repeats) in SEPARABLE.items():
            own[name] = {f"BatchNorm_{repeat}": norm(edges, width) for repeat in range(repeats)}
        if place.reduction:
            own["skip_connect"] = {"FactorizedReduce_0": {"BatchNorm_0": norm(len(edges_of_inputs(nodes)), width)}}
        statistics[f"cell{place.position}"] = own
    return statistics


def with_scales(parameters: Variables, statistics: Variables) -> Variables:
    """Returns a module's parameters, with scales of 1 and biases of 0 for normalisations that have none.

    statistics: of the module's normalisations, by their names, or of the module if it is one.
    """
    if "mean" in statistics:
        return {"scale": jnp.ones_like(statistics["mean"]), "bias": jnp.zeros_like(statistics["mean"])} | parameters
    return parameters | {name: with_scales(parameters.get(name, {}), own) for name, own in statistics.items()}


def _stem(width: int, key: jax.Array) -> Variables:
    kernel = _kernel(key, STEM_KERNEL, COLOURS, width)
    return {"Conv_0": kernel, "BatchNorm_0": {"scale": jnp.ones(width), "bias": jnp.zeros(width)}}


def _cell(place: CellPlace, read: tuple[int, int], nodes: int, key: jax.Array) -> Variables:
    """read: the channels of the two outputs that the cell reads."""
    keys, width, edges = _keys(key), place.channels, edge_count(nodes)

    def halving(inputs: int, *axes: int) -> Variables:
        return {f"Conv_{half}": _kernel(next(keys), 1, inputs, width // 2, axes) for half in range(2)}

    drawn: Variables = {
        "preprocess0": halving(read[0]) if place.halves_input0 else {"Conv_0": _kernel(next(keys), 1, read[0], width)},
        "preprocess1": {"Conv_0": _kernel(next(keys), 1, read[1], width)},
    }
    for name, (side, repeats) in SEPARABLE.items():
        drawn[name] = {}
        for repeat in range(repeats):
            drawn[name][f"Conv_{2 * repeat}"] = _kernel(next(keys), side, 1, width, (edges,))
            drawn[name][f"Conv_{2 * repeat + 1}"] = _kernel(next(keys), 1, width, width, (edges,))
    if place.reduction:
        drawn["skip_connect"] = {"FactorizedReduce_0": halving(width, len(edges_of_inputs(nodes)))}
    return drawn


def _classifier(features: int, classes: int, key: jax.Array) -> Variables:
    keys, uniform = _keys(key), torch_bias(features)
    return {"kernel": uniform(next(keys), (features, classes)), "bias": uniform(next(keys), (classes,))}


def _kernel(key: jax.Array, side: int, inputs: int, outputs: int, axes: tuple[int, ...] = ()) -> Variables:
    """inputs: of a group; axes: before those of a kernel."""
    uniform = torch_bias(side**2 * inputs)  # PyTorch's convolutions have this for their weights, too
    return {"kernel": uniform(key, (*axes, side, side, inputs, outputs))}


def _keys(key: jax.Array) -> Iterator[jax.Array]:
    count = 0
    while True:
        yield jax.random.fold_in(key, count)
        count += 1
