"""Classifies the instructions of a compiled CPU program by the kind of work they do, from the HLO text."""

from __future__ import annotations

import collections
from typing import NamedTuple

import numpy as np

from benchmarks.common.hlo_text import Computation, Instruction, Program

CONTAINERS = {"while", "conditional", "call"}
TAPS = 9  # a sum of at least 9 products is taken for a depthwise convolution by shifts


class Product(NamedTuple):
    """A batched product [rows, depth] x [depth, columns]; transposed: both operands have the depth as last axis."""

    batch: int
    rows: int
    columns: int
    depth: int
    transposed: bool

    @property
    def multiply_adds(self) -> int:
        return self.batch * self.rows * self.columns * self.depth


def product_of(dot: Instruction, within: Computation) -> Product:
    """Returns the shape of an HLO dot."""

    def axes(name: str) -> tuple[int, ...]:
        _, found, rest = dot.attributes.partition(f"{name}={{")
        return tuple(int(axis) for axis in rest.partition("}")[0].split(",") if axis) if found else ()

    left, right = (within[name].dimensions for name in dot.operands)
    [depth_axis] = axes("lhs_contracting_dims")
    [right_axis] = axes("rhs_contracting_dims")
    batch = int(np.prod([left[axis] for axis in axes("lhs_batch_dims")], dtype=int))
    rows, columns = (int(np.prod(shape)) // batch // left[depth_axis] for shape in (left, right))
    return Product(batch, rows, columns, left[depth_axis], right_axis == len(right) - 1)


def kinds(program: Program) -> dict[str, str | Product]:
    """Returns the kind of every instruction that contains no others, by name."""
    found: dict[str, str | Product] = {}
    for computation in program.computations.values():
        for instruction in computation.instructions.values():
            if instruction.opcode in CONTAINERS:
                continue
            inner = program.called(instruction, "calls") if instruction.opcode == "fusion" else computation
            parts = list(inner.instructions.values()) if instruction.opcode == "fusion" else [instruction]
            opcodes = collections.Counter(part.opcode for part in parts)
            dots = [part for part in parts if part.opcode == "dot"]
            if dots:
                found[instruction.name] = product_of(dots[0], inner)
            elif opcodes["reduce"]:
                found[instruction.name] = "reductions"
            elif opcodes["multiply"] >= TAPS and opcodes["add"] >= TAPS - 1:
                found[instruction.name] = "shifted sums"
            elif not set(opcodes) - {"copy", "parameter", "bitcast", "tuple", "get-tuple-element"}:
                found[instruction.name] = "copies"
            elif not set(opcodes) - {"broadcast", "constant", "parameter"}:
                found[instruction.name] = "fills"
            else:
                found[instruction.name] = "other passes"
    return found


def bytes_moved(program: Program) -> dict[str, float]:
    """Returns a lower bound of the bytes that each instruction reads and writes, by name.

    A reduction reads its largest operand; any other instruction reads as much as it writes. Of an array that is updated
    in place only the new part counts.
    """
    return {
        instruction.name: _bytes_moved(program, computation, instruction)
        for computation in program.computations.values()
        for instruction in computation.instructions.values()
        if instruction.opcode not in CONTAINERS
    }


def _bytes_moved(program: Program, within: Computation, instruction: Instruction) -> float:
    inner, root = within, instruction
    if instruction.opcode == "fusion":
        inner = program.called(instruction, "calls")
        root = inner.root
    while root.opcode == "bitcast":
        root = inner[root.operands[0]]
    if root.opcode == "reduce":
        return max((within[name].bytes for name in instruction.operands), default=0.0)  # constants have none
    written = inner[root.operands[1]] if root.opcode == "dynamic-update-slice" else instruction
    return 2 * written.bytes
