"""Parses XLA's optimised HLO text into computations of instructions; unknown text raises an error."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

BYTES = {
    **dict.fromkeys(("pred", "s8", "u8", "f8e4m3fn", "f8e5m2"), 1),
    **dict.fromkeys(("s16", "u16", "f16", "bf16"), 2),
    **dict.fromkeys(("s32", "u32", "f32"), 4),
    **dict.fromkeys(("s64", "u64", "f64", "c64"), 8),
    "token": 0,
}
_HEADER = re.compile(r"^(?:ENTRY )?%([\w.\-]+) \(.*\) -> .* \{$")
_INSTRUCTION = re.compile(r"^  (ROOT )?%([\w.\-]+) = (.*)$")
_ARRAY = re.compile(r"\b([a-z]+[a-z0-9]*)\[([\d,]*)\]")


class UnknownFormatError(ValueError):
    """The text is not as this version of jaxlib writes it."""


class Instruction(NamedTuple):
    """One line of a computation; shape: its type as written (a tuple of types in parentheses)."""

    name: str
    shape: str
    opcode: str
    operands: tuple[str, ...]
    attributes: str

    @property
    def bytes(self) -> float:
        """The size of all its arrays."""
        arrays = _ARRAY.findall(self.shape)
        unknown = {kind for kind, _ in arrays} - set(BYTES)
        if not arrays and self.shape != "()" or unknown:
            raise UnknownFormatError(f"the type {self.shape} of {self.name}")
        return float(sum(BYTES[kind] * math.prod(_numbers(sizes)) for kind, sizes in arrays))

    @property
    def dimensions(self) -> tuple[int, ...]:
        """The dimensions of its only array."""
        arrays = _ARRAY.findall(self.shape)
        if len(arrays) != 1:
            raise UnknownFormatError(f"the type {self.shape} of {self.name} is not one array")
        return _numbers(arrays[0][1])


class Computation:
    """A computation's instructions by name, in their order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.instructions: dict[str, Instruction] = {}
        self._root: Instruction | None = None

    def add(self, instruction: Instruction, is_root: bool) -> None:
        self.instructions[instruction.name] = instruction
        if is_root:
            self._root = instruction

    def __getitem__(self, name: str) -> Instruction:
        if name not in self.instructions:
            raise UnknownFormatError(f"{self.name} uses {name} and does not define it")
        return self.instructions[name]

    @property
    def root(self) -> Instruction:
        if self._root is None:
            raise UnknownFormatError(f"{self.name} has no ROOT")
        return self._root


class Program:
    """The computations of a module by name."""

    def __init__(self, text: str) -> None:
        self.computations: dict[str, Computation] = {}
        current: Computation | None = None
        for line in text.splitlines():
            header = _HEADER.match(line)
            if header:
                current = self.computations[header[1]] = Computation(header[1])
            elif line == "}":
                current = None
            elif current is not None and line.strip():
                current.add(*_parse_instruction(line))
        if not self.computations:
            raise UnknownFormatError("no computation")

    def called(self, instruction: Instruction, attribute: str) -> Computation:
        """Returns the computation that an attribute (body, calls, ...) names."""
        found = re.search(rf"\b{attribute}=%([\w.\-]+)", instruction.attributes)
        if found is None or found[1] not in self.computations:
            raise UnknownFormatError(f"the {instruction.opcode} {instruction.name} names no {attribute}")
        return self.computations[found[1]]


def _parse_instruction(line: str) -> tuple[Instruction, bool]:
    match = _INSTRUCTION.match(line)
    if match is None:
        raise UnknownFormatError(f"the line {line.strip()[:100]}")
    root, name, rest = match.groups()
    place = _closing(rest, 0) + 1 if rest.startswith("(") else rest.find(" ")
    shape, rest = rest[:place], rest[place:]
    opening = rest.find("(")
    if opening < 0:
        raise UnknownFormatError(f"the line {line.strip()[:100]}")
    end = _closing(rest, opening)
    opcode, operands, attributes = rest[:opening].strip(), rest[opening + 1 : end], rest[end + 1 :]
    names = () if opcode in ("constant", "parameter") else tuple(re.findall(r"%([\w.\-]+)", operands))
    return Instruction(name, shape, opcode, names, attributes), root is not None


def _closing(text: str, opening: int) -> int:
    """Returns the index of the parenthesis that closes the one at `opening`."""
    depth = 0
    for place in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise UnknownFormatError(f"an unclosed parenthesis in {text[:100]}")


def _numbers(sizes: str) -> tuple[int, ...]:
    return tuple(int(size) for size in sizes.split(",") if size)
