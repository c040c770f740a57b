"""Fields of nested configs by their dotted paths, for tests."""

from __future__ import annotations

import dataclasses
from typing import Any


def fields_of(kind: type, prefix: str = "") -> dict[str, Any]:
    """The paths of all fields of a dataclass with their defaults, nested ones included."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        value = field.default
        inside = dataclasses.is_dataclass(value)
        found |= fields_of(type(value), f"{prefix}{field.name}.") if inside else {f"{prefix}{field.name}": value}
    return found


def nested(path: str, value: Any) -> dict[str, Any]:
    """{"a": {"b": value}} for "a.b"."""
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value
