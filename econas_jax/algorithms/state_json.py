"""The states of algorithms as JSON: dataclasses by their annotations, genotypes as text."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from econas_jax.algorithms.algorithm import AlgorithmState
from econas_jax.errors import InputError, require
from econas_jax.spaces.space import Genotype, Space

S = TypeVar("S", bound=AlgorithmState)


def state_to_json(state: AlgorithmState) -> dict[str, Any]:
    """Returns the state in plain JSON types; equal states give equal texts.

    A state's fields may be numbers, texts, None, genotypes, tuples, frozen sets, and dataclasses of these.
    """
    return _object_writer(type(state))(state)


def state_from_json(kind: type[S], fields: Mapping[str, Any], space: Space[Any]) -> S:
    """Returns the state of this kind that `state_to_json` wrote; raises InputError, naming a field, for others."""
    return typing.cast(S, _from_json(kind, fields, space, "search state"))


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """Returns a dataclass's fields and their types."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@functools.cache
def _writer(hint: Any) -> Callable[[Any], Any]:
    """Returns what turns values of a type into JSON's; each type is looked at once, though values are thousands."""
    if _without_none(hint) is not hint:
        write = _writer(_without_none(hint))
        return lambda value: None if value is None else write(value)
    if hint is Genotype:
        return str
    if dataclasses.is_dataclass(hint):
        return _object_writer(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and arguments[-1] is not Ellipsis:
        items = [_writer(inner) for inner in arguments]
        return lambda value: [write(item) for write, item in zip(items, value, strict=True)]
    if origin in (tuple, frozenset):
        write = _writer(arguments[0])
        in_order: Callable[[Any], list[Any]] = list if origin is tuple else sorted
        return lambda value: in_order(map(write, value))
    return lambda value: value


def _object_writer(kind: Any) -> Callable[[Any], dict[str, Any]]:
    writers = {name: _writer(hint) for name, hint in _hints(kind).items()}
    return lambda value: {name: write(getattr(value, name)) for name, write in writers.items()}


def _from_json(hint: Any, value: Any, space: Space[Any], path: str) -> Any:
    if value is None and _without_none(hint) is not hint:
        return None
    hint = _without_none(hint)
    if hint is Genotype:
        return space.parse(value)
    if dataclasses.is_dataclass(hint):
        return _dataclass_from_json(hint, value, space, path)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and isinstance(value, list):
        hints = _item_hints(hint, len(value))
        require(len(hints) == len(value), path, value, f"{len(hints)} items")
        return tuple(_from_json(inner, item, space, path) for inner, item in zip(hints, value, strict=True))
    if origin is frozenset and isinstance(value, list):
        return frozenset(_from_json(arguments[0], item, space, path) for item in value)
    if origin is typing.Literal:
        require(value in arguments, path, value, "one of " + ", ".join(map(str, arguments)))
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if hint in (int, str, bool) and type(value) is hint:
        return value
    raise InputError(path, value, "what the search has written there")


def _dataclass_from_json(kind: Any, value: Any, space: Space[Any], path: str) -> Any:
    hints = _hints(kind)
    whole = isinstance(value, Mapping) and set(value) == set(hints)
    require(whole, path, value, "an object with exactly the fields " + ", ".join(hints))
    return kind(**{name: _from_json(hint, value[name], space, f"{path}: {name}") for name, hint in hints.items()})


def _item_hints(hint: Any, length: int) -> list[Any]:
    """Returns the type of every item of a tuple of this type and length; a fixed tuple has its own length."""
    arguments = typing.get_args(hint)
    return [arguments[0]] * length if arguments[-1] is Ellipsis else list(arguments)


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        (hint,) = (kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    return hint
