"""Source code of one cell as plain Flax, an edge a line."""

from __future__ import annotations

import dataclasses

from econas_jax.export.live import live_inputs, live_states, terms
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype, Edge

KERNELS = {
    "sep_conv_3x3": ("SeparableConv", 3),
    "sep_conv_5x5": ("SeparableConv", 5),
    "sep_conv_7x7": ("SeparableConv", 7),
    "dil_conv_3x3": ("DilatedConv", 3),
    "dil_conv_5x5": ("DilatedConv", 5),
}
POOLS = {"max_pool_3x3": "max_pool", "avg_pool_3x3": "average_pool"}


@dataclasses.dataclass(frozen=True)
class CellSource:
    """The parts of a cell's class; lines: the body of its `__call__`."""

    name: str
    about: str
    inputs: tuple[int, ...]  # which it reads
    may_halve: bool
    lines: tuple[str, ...]


def cell_source(cell: CellGenotype, reduction: bool) -> CellSource:
    """Returns the source of a normal or a reduction cell."""
    inputs, live = live_inputs(cell), live_states(cell)
    may_halve = not reduction and 0 in inputs
    lines = []
    for number in inputs:
        module = "Preprocess"
        if may_halve and number == 0:
            lines.append("preprocess0 = FactorizedReduce if self.halve else Preprocess")
            module = "preprocess0"
        lines.append(f'node{number} = {module}(self.channels, name="preprocess{number}")(input{number}, train)')
    for node in range(CELL_INPUTS, CELL_INPUTS + cell.nodes):
        if node in live:
            lines += _node(cell, node, reduction)
    outputs = [f"node{node}" for node in cell.concat]
    joined = f"jnp.concatenate([{', '.join(outputs)}], axis=-1)" if len(outputs) > 1 else outputs[0]
    name, about = ("ReductionCell", "A reduction cell: halves") if reduction else ("NormalCell", "A normal cell: keeps")
    return CellSource(name, f"{about} the map.", inputs, may_halve, (*lines, f"return {joined}"))


def _node(cell: CellGenotype, node: int, reduction: bool) -> list[str]:
    """Returns the lines that compute a node."""
    lines, added = [], []
    for number, edge in terms(cell, node):
        stride = 2 if reduction and edge.input < CELL_INPUTS else 1
        value = _value(edge, number, stride)
        if value == f"node{edge.input}":  # the identity
            added.append(value)
        else:
            lines.append(f"edge{number} = {value}")
            added.append(f"edge{number}")
    return [*lines, f"node{node} = {' + '.join(added)}"]


def _value(edge: Edge, number: int, stride: int) -> str:
    """Returns the expression of an edge."""
    source, name = f"node{edge.input}", f'name="edge{number}"'
    strided = f"stride={stride}, " if stride > 1 else ""
    if edge.operation == "none":
        return f"jnp.zeros_like({source if stride == 1 else f'max_pool({source}, stride=2)'})"
    if edge.operation in POOLS:
        return f"{POOLS[edge.operation]}({source}{', stride=2' if stride == 2 else ''})"
    if edge.operation == "skip_connect":
        return source if stride == 1 else f"FactorizedReduce(self.channels, {name})({source}, train)"
    if edge.operation == "conv_7x1_1x7":
        return f"RowColumnConv({strided}{name})({source}, train)"
    module, kernel = KERNELS[edge.operation]
    return f"{module}({kernel}, {strided}{name})({source}, train)"
