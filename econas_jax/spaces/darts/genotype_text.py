"""Reads the texts in which people have genotypes into plain lists; nothing in them is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from econas_jax.errors import InputError, require
from econas_jax.spaces.plain_values import unquoted

MAXIMUM_TEXT = 20_000  # characters; the largest published genotype has about 800
MAXIMUM_NUMBER = 10_000  # in a text, so that a hostile `range` stays small
NUMPY = ("np", "numpy")
SEQUENCES = ("list", "tuple", "array")  # functions of one sequence that equals what they return
READABLE = "lists, tuples, strings, small numbers and range(a, b)"


def read_fields(text: object, fields: Sequence[str]) -> dict[str, object]:
    """Returns the arguments of the text's one call, `Genotype(normal=[('sep_conv_3x3', 1), ...], ...)`, by field.

    The call may be of `genotypes.Genotype`, may be assigned to a name, and its arguments may be positional. Numbers
    and strings may be wrapped as NumPy 2 prints them, such as np.int64(3). Raises InputError for anything else.
    """
    if not isinstance(text, str):
        raise InputError("genotype", text, "text")
    require(len(text) <= MAXIMUM_TEXT, "genotype", text, f"at most {MAXIMUM_TEXT} characters")
    allowed = "Genotype(" + "=..., ".join(fields) + "=...)"
    call = _call(text)
    if call is None or _dotted(call.func)[-1:] != ["Genotype"]:
        raise InputError("genotype", text, allowed)
    require(len(call.args) <= len(fields), "genotype", text, allowed)
    arguments = [*zip(fields, call.args, strict=False), *((keyword.arg, keyword.value) for keyword in call.keywords)]
    # Counted as well as compared: a dict of the arguments would swallow a repeated one.
    complete = len(arguments) == len(fields) and {name for name, _ in arguments} == set(fields)
    require(complete, "genotype", text, allowed)
    return {str(name): _literal(value) for name, value in arguments}


def _call(text: str) -> ast.Call | None:
    """Returns the call that is the whole text, or is assigned in it to one name."""
    try:
        statements = ast.parse(unquoted(text)).body
    # Too deep a nesting ends in a RecursionError or MemoryError, a NUL character in a ValueError.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match statements:
        case [ast.Expr(value=ast.Call() as call)] | [ast.Assign(targets=[ast.Name()], value=ast.Call() as call)]:
            return call
    return None


def _dotted(function: ast.expr) -> list[str]:
    """Returns the names of a function such as `genotypes.Genotype`; [] if it is named in another way."""
    names = []
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    return [function.id, *reversed(names)] if isinstance(function, ast.Name) else []


def _literal(node: ast.expr) -> object:
    """Returns the value of a literal of the published form: nested lists, strings, numbers, `range(a, b)`."""
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(element) for element in node.elts]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value <= MAXIMUM_NUMBER:
        return node.value
    # A weight of an edge may be negative.
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = _literal(node.operand)
        if isinstance(value, int | float):
            return -value
    if isinstance(node, ast.Call) and not node.keywords:
        return _function(node)
    raise _unreadable(node)


def _function(call: ast.Call) -> object:
    """Returns the value of `range`, of a list or tuple made of something, or of a number as NumPy prints it."""
    *module, name = _dotted(call.func) or [""]
    arguments = [_literal(argument) for argument in call.args]
    numpy = len(module) == 1 and module[0] in NUMPY
    if name == "range" and not module and len(arguments) in (1, 2, 3):
        bounds = [bound for bound in arguments if isinstance(bound, int)]
        if len(bounds) == len(arguments) and bounds[2:] != [0] and max(map(abs, bounds)) <= MAXIMUM_NUMBER:
            return list(range(*bounds))
    if len(arguments) == 1 and isinstance(arguments[0], list) and name in SEQUENCES and (numpy or not module):
        return arguments[0]
    if len(arguments) == 1 and not isinstance(arguments[0], list) and numpy:
        if name == "str_" and isinstance(arguments[0], str):
            return arguments[0]
        if name.rstrip("0123456789") in ("int", "uint", "float") and isinstance(arguments[0], int | float):
            return arguments[0]
    raise _unreadable(call)


def _unreadable(node: ast.expr) -> InputError:
    return InputError("genotype", f"{type(node).__name__} at column {node.col_offset}", READABLE)
