"""What a compiled GPU program costs, read from XLA's optimised HLO text: kernels, products, operations, bytes.

A device that is not present gives no cost analysis, so the text is read here. Anything that is not understood raises
`UnknownFormatError`: the format belongs to one version of jaxlib, and a silent 0 would be a wrong result.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from hlo_text import Computation, Instruction, Program, UnknownFormatError

# These move no data; a fusion's or a loop's own computation is counted where it is called.
FREE = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "opt-barrier"}
SLICING = {"slice", "dynamic-slice", "gather"}
IN_PLACE = {"dynamic-update-slice": 1, "scatter": 2}  # they write into their first operand; which one is written


class Cost(NamedTuple):
    """Of one execution. bytes: read and written by each kernel, as if nothing stayed in a cache."""

    kernels: float = 0.0  # fusions, products, copies, sorts
    products: float = 0.0  # of these, those with a matrix product
    operations: float = 0.0  # multiplications and additions of the products
    bytes: float = 0.0
    conditionals: float = 0.0

    def plus(self, other: Cost) -> Cost:
        return Cost(*(mine + its for mine, its in zip(self, other, strict=True)))

    def times(self, factor: float) -> Cost:
        return Cost(*(factor * mine for mine in self))


Choice = Callable[[list[Cost]], Cost]  # of a conditional, from those of its branches


def largest(branches: list[Cost]) -> Cost:
    """The most that any genotype can cost, number by number."""
    return Cost(*(max(values) for values in zip(*branches, strict=True)))


def mean(weights: Mapping[int, list[float]]) -> Choice:
    """The mean over genotypes; weights: by the number of a conditional's branches, how often each is taken."""

    def choose(branches: list[Cost]) -> Cost:
        if len(branches) not in weights:
            raise UnknownFormatError(f"a conditional of {len(branches)} branches: none of the network's has so many")
        shares = weights[len(branches)]
        return total(branch.times(share) for branch, share in zip(branches, shares, strict=True))

    return choose


def total(costs: Iterable[Cost]) -> Cost:
    result = Cost()
    for cost in costs:
        result = result.plus(cost)
    return result


def step_cost(program: Program, choice: Choice) -> Cost:
    """Of one turn of the epoch's loop over steps, the one loop of the entry computation."""
    loops = [instruction for instruction in program.entry.instructions.values() if instruction.opcode == "while"]
    if len(loops) != 1:
        raise UnknownFormatError(f"{len(loops)} loops in the entry computation instead of the one over steps")
    return computation_cost(program, program.called(loops[0], "body"), choice)


def computation_cost(program: Program, computation: Computation, choice: Choice) -> Cost:
    return total(_instruction_cost(program, computation, one, choice) for one in computation.instructions.values())


def _instruction_cost(program: Program, computation: Computation, instruction: Instruction, choice: Choice) -> Cost:
    opcode = instruction.opcode
    if opcode in FREE or 'custom_call_target="AllocateBuffer"' in instruction.attributes:
        return Cost()
    if opcode == "while":  # its condition is not computed where the number of turns is known
        body = program.called(instruction, "body")
        return computation_cost(program, body, choice).times(trip_count(instruction))
    if opcode == "conditional":
        branches = [computation_cost(program, branch, choice) for branch in program.branches(instruction)]
        return choice(branches).plus(Cost(conditionals=1))
    if opcode == "call":
        return computation_cost(program, program.called(instruction, "to_apply"), choice)
    if opcode == "fusion":
        inner = program.called(instruction, "calls")
        operations = _operations(program, inner)
        return Cost(1, operations > 0, operations, _fusion_bytes(inner))
    operations = _dot_operations(computation, instruction)
    return Cost(1, operations > 0, operations, _plain_bytes(computation, instruction))


def trip_count(loop: Instruction) -> int:
    """How often a loop turns; a loop of unknown length makes the host wait in every turn."""
    found = re.search(r'"known_trip_count":\{"n":"(\d+)"\}', loop.attributes)
    if found is None:
        raise UnknownFormatError(f"the loop {loop.name} has no known number of turns")
    return int(found[1])


def loop_turns(program: Program) -> dict[str, int]:
    """Of all loops, by name."""
    instructions = [one for computation in program.computations.values() for one in computation.instructions.values()]
    return {one.name: trip_count(one) for one in instructions if one.opcode == "while"}


def _operations(program: Program, computation: Computation) -> float:
    nested = [one for one in computation.instructions.values() if one.opcode == "fusion"]
    own = sum(_dot_operations(computation, one) for one in computation.instructions.values())
    return own + sum(_operations(program, program.called(one, "calls")) for one in nested)


def _dot_operations(computation: Computation, instruction: Instruction) -> float:
    if instruction.opcode != "dot":
        if "__cublas" in instruction.attributes or instruction.opcode == "convolution":
            raise UnknownFormatError(f"{instruction.name}: only products that are written as dot are counted")
        return 0.0
    contracted = re.search(r"lhs_contracting_dims=\{([\d,]*)\}", instruction.attributes)
    if contracted is None:
        raise UnknownFormatError(f"the product {instruction.name} names no contracted axes")
    left = computation[instruction.operands[0]].dimensions
    shared = math.prod(left[int(axis)] for axis in contracted[1].split(",") if axis)
    return 2.0 * math.prod(instruction.dimensions) * shared


def _plain_bytes(computation: Computation, instruction: Instruction) -> float:
    if instruction.opcode in SLICING:
        return 2.0 * instruction.bytes
    if instruction.opcode in IN_PLACE:
        return 2.0 * computation[instruction.operands[IN_PLACE[instruction.opcode]]].bytes
    return instruction.bytes + sum(computation[name].bytes for name in set(instruction.operands))


def _fusion_bytes(inner: Computation) -> float:
    """Of a buffer that is only sliced, or written in place, the slices alone move."""
    parameters = [one for one in inner.instructions.values() if one.opcode == "parameter"]
    root = inner.root
    results = [inner[name] for name in root.operands] if root.opcode == "tuple" else [root]
    return sum(_read(inner, parameter) for parameter in parameters) + sum(_written(inner, one) for one in results)


def _read(inner: Computation, value: Instruction) -> float:
    moved = 0.0
    for user in inner.users(value.name):
        first = user.operands[0] == value.name
        if user.opcode == "bitcast":
            moved += _read(inner, user)
        elif user.opcode in SLICING and first:
            moved += user.bytes
        elif not (user.opcode in IN_PLACE and first):
            return value.bytes
    return min(moved, value.bytes)


def _written(inner: Computation, value: Instruction) -> float:
    while value.opcode == "bitcast":
        value = inner[value.operands[0]]
    place = IN_PLACE.get(value.opcode)
    return value.bytes if place is None else inner[value.operands[place]].bytes
