"""The search network's variables, turned into those of the plain network of one genotype, to ship or to retrain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from econas_jax.nn.kernels.depthwise import SLOT
from econas_jax.nn.network import Variables
from econas_jax.spaces.darts.genotype import CellGenotype, Genotype
from econas_jax.spaces.darts.macro_net import COLOURS, STEM_WIDTH, CellPlace, stages, walk

Part = tuple[Variables, Variables]  # parameters, statistics


def specialize(variables: Variables, genotype: Genotype) -> Variables:
    """Copies out what the genotype uses: variables of a `SearchNetwork` -> of `CellNetwork(genotype, ...)`.

    The number of classes, channels and cells a stage are read off the arrays. Both networks compute the same function
    with them, in training and in evaluation mode.
    """
    parameters, statistics = variables["params"], variables["batch_stats"]
    cells, _, nodes_channels = parameters["stage0"]["preprocess"]["kernel"].shape
    setting = (nodes_channels // genotype.normal.nodes, cells)  # channels and N
    widths = [len(_cell_genotype(genotype, place).concat) for place in walk(*setting)]
    plain: dict[str, Part] = {}
    kernel = parameters["stem"]["kernel"].reshape(-1, 3, 3, COLOURS).transpose(1, 2, 3, 0)
    plain["Conv_0"] = ({"kernel": kernel}, {})
    plain["BatchNorm_0"] = _norm((parameters["stem"], statistics["stem"]))
    for stage, (places, reduction) in enumerate(stages(*setting)):
        part = (parameters[f"stage{stage}"], statistics[f"stage{stage}"])
        for number, place in enumerate(places):
            plain[f"cell{place.position}"] = _normal_cell(part, genotype, place, number, _widths_read(place, widths))
        if reduction is not None:
            part = (parameters[f"reduction{stage}"], statistics[f"reduction{stage}"])
            plain[f"cell{reduction.position}"] = _reduction_cell(
                part, genotype, reduction, _widths_read(reduction, widths)
            )
    classifier = parameters["classifier"]
    kernel = _concat_columns(classifier["kernel"], widths[-1], genotype.normal.nodes).T
    plain["classifier"] = ({"kernel": kernel, "bias": classifier["bias"]}, {})
    return {
        "params": {name: part[0] for name, part in plain.items() if part[0]},
        "batch_stats": {name: part[1] for name, part in plain.items() if part[1]},
    }


def _cell_genotype(genotype: Genotype, place: CellPlace) -> CellGenotype:
    return genotype.reduce if place.reduction else genotype.normal


def _widths_read(place: CellPlace, widths: list[int]) -> tuple[int, int]:
    """Returns the widths of a cell's inputs, in nodes; widths: of all cells' outputs. The stem stands for three."""
    input0, input1 = (STEM_WIDTH if source < 0 else widths[source] for source in place.reads)
    return input0, input1


def _normal_cell(stage: Part, genotype: Genotype, place: CellPlace, number: int, reads: tuple[int, int]) -> Part:
    """Returns a normal cell; number: its place in the stage; reads: the widths of its inputs, in nodes.

    Input 0 comes from `first` in a stage's first cell, else from the second half of the product of the cell before.
    """
    nodes, channels = genotype.normal.nodes, place.channels
    if number > 0:
        half = _slice(_index(_part(stage, "preprocess"), number - 1), slice(channels, None))
        preprocess0 = _preprocess(half, reads[0], nodes)
    elif place.halves_input0:
        preprocess0 = _factorized(_part(stage, "first"), reads[0], nodes)
    else:
        preprocess0 = _preprocess(_part(stage, "first"), reads[0], STEM_WIDTH)
    half = _slice(_index(_part(stage, "preprocess"), number), slice(None, channels))
    parts = {"preprocess0": preprocess0, "preprocess1": _preprocess(half, reads[1], nodes)}
    return _cell(parts, _index(_part(stage, "edges"), number), genotype.normal, place)


def _reduction_cell(part: Part, genotype: Genotype, place: CellPlace, reads: tuple[int, int]) -> Part:
    """Returns a reduction cell; reads: the widths of its inputs, in nodes."""
    names = ("preprocess0", "preprocess1")
    nodes = genotype.normal.nodes
    parts = {name: _preprocess(_part(part, name), width, nodes) for name, width in zip(names, reads, strict=True)}
    return _cell(parts, _part(part, "edges"), genotype.reduce, place)


def _cell(parts: dict[str, Part], edges: Part, genotype: CellGenotype, place: CellPlace) -> Part:
    for index, (operation, source) in enumerate(genotype.edges):
        parts[f"edge{index}"] = _operation(_index(edges, index), operation, place.stride(source))
    return _join({name: part for name, part in parts.items() if part[0]})


def _operation(edge: Part, operation: str, stride: int) -> Part:
    """Returns the variables of one operation's module, empty for those without parameters."""
    parameters, _ = edge
    if operation == "skip_connect" and stride == 2:
        kernel = parameters["pointwise"][0]
        inner = _factorized_kernels(kernel, _norm(_index(edge, 0)))
        return {"FactorizedReduce_0": inner[0]}, {"FactorizedReduce_0": inner[1]}
    if not operation.startswith(("sep_conv", "dil_conv")):
        return {}, {}
    border = (SLOT - int(operation[-1])) // 2
    window: Callable[[Any], Any] = lambda taps: taps[border : SLOT - border, border : SLOT - border]  # noqa: E731
    parts: dict[str, Part] = {}
    for slot in range(2 if operation.startswith("sep_conv") else 1):
        taps = parameters["depthwise"][slot].reshape(SLOT, SLOT, 1, -1)
        parts[f"Conv_{2 * slot}"] = ({"kernel": window(taps)}, {})
        parts[f"Conv_{2 * slot + 1}"] = ({"kernel": parameters["pointwise"][slot].T[None, None]}, {})
        parts[f"BatchNorm_{slot}"] = _norm(_index(edge, slot))
    return _join(parts)


def _preprocess(part: Part, reads: int, nodes: int) -> Part:
    kernel = _concat_columns(part[0]["kernel"], reads, nodes)
    return _join({"Conv_0": ({"kernel": kernel.T[None, None]}, {}), "BatchNorm_0": _norm(part)})


def _factorized(part: Part, reads: int, nodes: int) -> Part:
    return _factorized_kernels(_concat_columns(part[0]["kernel"], reads, nodes), _norm(part))


def _factorized_kernels(kernel: Any, norm: Part) -> Part:
    half = kernel.shape[0] // 2
    here, shifted = kernel[:half].T[None, None], kernel[half:].T[None, None]
    return _join({"Conv_0": ({"kernel": here}, {}), "Conv_1": ({"kernel": shifted}, {}), "BatchNorm_0": norm})


def _concat_columns(kernel: Any, reads: int, nodes: int) -> Any:
    """Returns the columns of a kernel [outputs, nodes * channels] for the concatenated nodes, whose rows are the last.

    reads: how many nodes are concatenated.
    """
    return kernel[:, kernel.shape[1] // nodes * (nodes - reads) :]


def _norm(part: Part) -> Part:
    parameters, statistics = part
    return {name: parameters[name] for name in ("scale", "bias")}, {
        name: jnp.asarray(statistics[name]) for name in ("mean", "variance")
    }


def _part(part: Part, name: str) -> Part:
    return part[0][name], part[1][name]


def _index(part: Part, index: int) -> Part:
    return _slice(part, index)


def _slice(part: Part, index: int | slice) -> Part:
    parameters, statistics = part
    return {k: v[index] for k, v in parameters.items()}, {k: v[index] for k, v in statistics.items()}


def _join(parts: dict[str, Part]) -> Part:
    return {k: v[0] for k, v in parts.items() if v[0]}, {k: v[1] for k, v in parts.items() if v[1]}
