"""From the search network's variables to those of the plain network of one genotype: what is shipped and retrained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from econas_jax.nn.darts.engine.parameters import STAGES, STEM_WIDTH
from econas_jax.nn.kernels.depthwise import SLOT
from econas_jax.spaces.darts.genotype import CellGenotype, Genotype

Variables = dict[str, Any]
Part = tuple[Variables, Variables]  # parameters, statistics


def specialize(variables: Variables, genotype: Genotype) -> Variables:
    """Copies out what the genotype uses: variables of a `SearchNetwork` -> of `CellNetwork(genotype, ...)`.

    The number of classes, channels and cells a stage are read off the arrays. Both networks compute the same function
    with them, in training and in evaluation mode.
    """
    parameters, statistics = variables["params"], variables["batch_stats"]
    cells = parameters["stage0"]["preprocess"]["kernel"].shape[0]
    plain: dict[str, Part] = {}
    width, colours = STEM_WIDTH, 3
    kernel = parameters["stem"]["kernel"].reshape(-1, 3, 3, colours).transpose(1, 2, 3, 0)
    plain["Conv_0"] = ({"kernel": kernel}, {})
    plain["BatchNorm_0"] = _norm((parameters["stem"], statistics["stem"]))
    entry, normal = width, len(genotype.normal.concat)  # how many nodes are concatenated; the stem stands for three
    for stage in range(STAGES):
        part = (parameters[f"stage{stage}"], statistics[f"stage{stage}"])
        start = stage * (cells + 1)
        for cell in range(cells):
            plain[f"cell{start + cell}"] = _normal_cell(part, genotype, cell, stage, entry)
        if stage < STAGES - 1:
            part = (parameters[f"reduction{stage}"], statistics[f"reduction{stage}"])
            before = entry if cells == 1 else normal
            plain[f"cell{start + cells}"] = _reduction_cell(part, genotype, before)
            entry = len(genotype.reduce.concat)
    classifier = parameters["classifier"]
    kernel = _concat_columns(classifier["kernel"], normal, genotype.normal.nodes).T
    plain["classifier"] = ({"kernel": kernel, "bias": classifier["bias"]}, {})
    return {
        "params": {name: part[0] for name, part in plain.items() if part[0]},
        "batch_stats": {name: part[1] for name, part in plain.items() if part[1]},
    }


def _normal_cell(stage: Part, genotype: Genotype, cell: int, index: int, entry: int) -> Part:
    """Input 0 comes from `first` in a stage's first cell, else from the second half of the cell before's product."""
    nodes, concat = genotype.normal.nodes, len(genotype.normal.concat)
    channels = stage[0]["first"]["kernel"].shape[0]
    reads = entry if cell == 0 else concat
    if cell > 0:
        reads_before = entry if cell == 1 else concat
        half = _slice(_index(_part(stage, "preprocess"), cell - 1), slice(channels, None))
        preprocess0 = _preprocess(half, reads_before, nodes)
    elif index == 0:
        preprocess0 = _preprocess(_part(stage, "first"), entry, STEM_WIDTH)
    else:
        preprocess0 = _factorized(_part(stage, "first"), concat, nodes)
    half = _slice(_index(_part(stage, "preprocess"), cell), slice(None, channels))
    parts = {"preprocess0": preprocess0, "preprocess1": _preprocess(half, reads, nodes)}
    return _cell(parts, _index(_part(stage, "edges"), cell), genotype.normal, reduction=False)


def _reduction_cell(part: Part, genotype: Genotype, before: int) -> Part:
    nodes = genotype.normal.nodes
    parts = {
        "preprocess0": _preprocess(_part(part, "preprocess0"), before, nodes),
        "preprocess1": _preprocess(_part(part, "preprocess1"), len(genotype.normal.concat), nodes),
    }
    return _cell(parts, _part(part, "edges"), genotype.reduce, reduction=True)


def _cell(parts: dict[str, Part], edges: Part, genotype: CellGenotype, reduction: bool) -> Part:
    for index, (operation, source) in enumerate(genotype.edges):
        stride = 2 if reduction and source < 2 else 1
        parts[f"edge{index}"] = _operation(_index(edges, index), operation, stride)
    return _join({name: part for name, part in parts.items() if part[0]})


def _operation(edge: Part, operation: str, stride: int) -> Part:
    """The variables of one operation's module, empty for those without parameters."""
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
    """The columns of a kernel [outputs, nodes * channels] for the nodes that are concatenated: those of the last rows.

    reads: how many these are.
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
