"""Frozen dataclasses from the fields of a config file, and back: every mistake names its field.

A group of fields may have several kinds, one dataclass each. Its field's metadata says which there are and where the
key lies that picks one: {"choices": {key: dataclass, ...}, "by": the name of the key's field}. That field lies beside
the group, or in the group itself if there is none of its name beside it.

A field of the type dict[str, dataclass] holds groups that are named by whoever writes the config.

A field with "follows" in its metadata follows from other fields where None is given, and is never None in the object.
"""

from __future__ import annotations

import contextlib
import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from ml_collections import ConfigDict, config_dict

from econas_jax.errors import InputError, require

Config = typing.TypeVar("Config")  # a dataclass

# Types of fields, in words for the user.
TYPES: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "True or False",
    tuple: "a list",
}


def to_config_dict(config: Any) -> ConfigDict:
    """Returns a dataclass, nested ones included, as a ConfigDict.

    Fields that are None, and those that follow from others, become typed placeholders.
    """
    hints = typing.get_type_hints(type(config))
    result = ConfigDict()
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            value = to_config_dict(value)
        elif isinstance(value, dict):
            value = ConfigDict({name: to_config_dict(group) for name, group in value.items()})
        elif value is None or _follows(config, field):
            kind = _without_none(hints[field.name])
            value = config_dict.placeholder(typing.get_origin(kind) or kind)
        result[field.name] = value
    return result


def build_config(kind: type[Config], fields: Any, path: str = "") -> Config:
    """Builds a dataclass of the kind, nested ones included; raises InputError naming the first field that is wrong.

    path: of the group of fields in the whole config, ending in a dot, for messages.
    """
    return _build(kind, fields, path, None, "")


def check_choices(config: Any) -> None:
    """Raises InputError unless every group of the dataclass is of the kind that its key picks."""
    for field in dataclasses.fields(config):
        if "choices" in field.metadata:
            group = getattr(config, field.name)
            choices, by = field.metadata["choices"], field.metadata["by"]
            beside = by in {other.name for other in dataclasses.fields(config)}
            key_path, key = (by, getattr(config, by)) if beside else (f"{field.name}.{by}", getattr(group, by))
            kind = _choice(choices, key, key_path)
            require(type(group) is kind, field.name, group, f"an object of {kind.__name__}, for {key_path} is {key}")


def _build(kind: type[Config], fields: Any, path: str, default: Any, picked_by: str) -> Config:
    """Builds a group. Fields that are not given have the values of `default`, an object of the kind, if there is one.

    picked_by: the key that picked the kind, for messages; "" if there is no other.
    """
    require(isinstance(fields, Mapping | ConfigDict), path.rstrip(".") or "config", fields, "a group of fields")
    known = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    names = ", ".join(path + name for name in known) or "none"
    for name in fields:
        allowed = f"one of the fields of {picked_by}: {names}" if picked_by else f"one of {names}"
        require(name in known, "config field", f"{path}{name}", allowed)
    hints = typing.get_type_hints(kind)
    values = {}
    for name, field in known.items():
        if "choices" in field.metadata:
            values[name] = _build_choice(field, known, fields, default, path)
        elif name in fields:
            follows = "follows" in field.metadata and fields[name] is None
            value = None if follows else _convert(hints[name], fields[name], f"{path}{name}", _value(field, default))
            values[name] = value
        elif default is not None and _follows(default, field):
            values[name] = None  # it is to follow the fields that are given
    try:
        return typing.cast(Config, dataclasses.replace(default, **values)) if default is not None else kind(**values)
    except InputError as error:  # the algorithm's and the augmentation's own checks do not know where they are used
        if path and not error.field.startswith(path):
            raise InputError(f"{path}{error.field}", error.value, error.allowed) from None
        raise


def _build_choice(
    field: dataclasses.Field[Any],
    beside: Mapping[str, dataclasses.Field[Any]],
    fields: Mapping[str, Any],
    default: Any,
    path: str,
) -> Any:
    """Builds a group of the kind that its key picks. Where the key is not given, the default's kind is meant."""
    choices, by = field.metadata["choices"], field.metadata["by"]
    group, usual = fields.get(field.name, {}), _value(field, default)
    if by in beside:
        key, key_path = fields.get(by, _value(beside[by], default)), f"{path}{by}"
    else:
        require(isinstance(group, Mapping | ConfigDict), f"{path}{field.name}", group, "a group of fields")
        key, key_path = group.get(by, getattr(usual, by)), f"{path}{field.name}.{by}"
    kind = _choice(choices, key, key_path)
    if _says_nothing(group, [other for other in choices.values() if other is not kind], by):
        group = {by: key} if by in group else {}
    usual = usual if type(usual) is kind else None
    try:
        return _build(kind, group, f"{path}{field.name}.", usual, key)
    except InputError as error:
        unknown = str(error.value).removeprefix(f"{path}{field.name}.") if error.field == "config field" else ""
        owner = _owner(choices, unknown)
        if owner is None:
            raise
        allowed = f"{error.allowed}; it is one of {owner}'s: pick {key} where the config is made, not after it"
        raise InputError(error.field, error.value, allowed) from None


def _owner(choices: Mapping[str, type], name: str) -> str | None:
    """Returns the key of the first kind that has a field of this name."""
    return next(
        (key for key, kind in choices.items() if name in {each.name for each in dataclasses.fields(kind)}), None
    )


def _says_nothing(group: Any, others: Sequence[type], by: str) -> bool:
    """Says whether a group is all defaults of another kind than its key picks: then only the key was set."""
    if not isinstance(group, Mapping | ConfigDict):
        return False
    given = {name: value for name, value in group.items() if name != by}
    complete = [kind for kind in others if not any(map(_required, dataclasses.fields(kind)))]
    defaults = ({name: value for name, value in to_config_dict(kind()).items() if name != by} for kind in complete)
    return bool(given) and any(given == default for default in defaults)


def _follows(config: Any, field: dataclasses.Field[Any]) -> bool:
    """Says whether the field has the value that follows from the dataclass's other fields."""
    if "follows" not in field.metadata:
        return False
    followed = dataclasses.replace(config, **{field.name: None})
    return bool(getattr(followed, field.name) == getattr(config, field.name))


def _choice(choices: Mapping[str, type], key: Any, path: str) -> type:
    require(isinstance(key, str) and key in choices, path, key, "one of " + ", ".join(choices))
    return choices[key]


def _required(field: dataclasses.Field[Any]) -> bool:
    """Says whether an object cannot be made without the field's value."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _value(field: dataclasses.Field[Any], default: Any) -> Any:
    """Returns the field's value in the default object, else its own default, else None."""
    if default is not None:
        return getattr(default, field.name)
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _convert(hint: Any, value: Any, path: str, default: Any) -> Any:
    """The value as its field's type; whole numbers pass for floats, lists for tuples, nothing else is converted."""
    if dataclasses.is_dataclass(hint):
        kind = typing.cast(type, hint)
        return _build(kind, value, f"{path}.", default if type(default) is kind else None, "")
    if typing.get_origin(hint) is dict:
        require(isinstance(value, Mapping | ConfigDict), path, value, "groups of fields by their names")
        kind = typing.get_args(hint)[1]
        return {name: _build(kind, group, f"{path}.{name}.", None, "") for name, group in value.items()}
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
    require(fits, path, value, TYPES.get(kind, str(kind)))
    return value


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    return hint
