"""Frozen dataclasses from the fields of a config file, and back: every mistake names its field."""

from __future__ import annotations

import contextlib
import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict, config_dict

from econas_jax.errors import InputError, require

Config = typing.TypeVar("Config")  # a dataclass


def to_config_dict(config: Any) -> ConfigDict:
    """A dataclass, nested ones included, as a ConfigDict; fields that are None become typed placeholders."""
    hints = typing.get_type_hints(type(config))
    result = ConfigDict()
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            value = to_config_dict(value)
        elif value is None:
            value = config_dict.placeholder(_without_none(hints[field.name]))
        result[field.name] = value
    return result


def build_config(kind: type[Config], fields: Any, path: str = "") -> Config:
    """A dataclass of the kind, nested ones included; raises InputError naming the first field that is wrong.

    path: of the group of fields in the whole config, ending in a dot, for messages.
    """
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    require(isinstance(fields, Mapping | ConfigDict), path.rstrip(".") or "config", fields, "a group of fields")
    for name in fields:
        require(name in known, "config field", f"{path}{name}", "one of " + ", ".join(path + field for field in known))
    hints = typing.get_type_hints(kind)
    values = {name: _convert(hints[name], fields[name], f"{path}{name}") for name in fields}
    try:
        return kind(**values)
    except InputError as error:  # the algorithm's and the augmentation's own checks do not know where they are used
        if path and not error.field.startswith(path):
            raise InputError(f"{path}{error.field}", error.value, error.allowed) from None
        raise


def _convert(hint: Any, value: Any, path: str) -> Any:
    """The value as its field's type; whole numbers pass for floats, lists for tuples, nothing else is converted."""
    if dataclasses.is_dataclass(hint):
        return build_config(typing.cast(type, hint), value, f"{path}.")
    if isinstance(hint, types.UnionType) and value is None:
        return None
    kind = typing.get_origin(_without_none(hint)) or _without_none(hint)
    kind = str if kind is typing.Literal else kind  # which texts, the dataclass itself checks
    if kind is tuple and isinstance(value, list | tuple):
        return tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # then it is refused below, as a whole number
            return float(value)
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    names = {int: "a whole number", float: "a number", str: "text", bool: "True or False", tuple: "a list"}
    require(fits, path, value, names.get(kind, str(kind)))
    return value


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    return hint
