"""Reading files that may be missing, damaged or cut short: what can be read is, the rest is told in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

MAXIMUM_BYTES = 2**28  # of a file; a search of 100,000 stages has a third of it

Record = TypeVar("Record")


def read_object(file: Path, unreadable: list[str]) -> dict[str, Any]:
    """Reads the file's object; {} if there is no such file, or it is damaged."""
    try:
        fields = json.loads(_text(file))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict):
        return fields
    unreadable.append(file.name)
    return {}


def read_records(file: Path, parse: Callable[[str], Record], unreadable: list[str]) -> tuple[Record, ...]:
    """Reads the file's records, without lines that are none."""
    records = []
    try:
        lines = _text(file).splitlines()
    except FileNotFoundError:
        return ()
    except OSError:
        unreadable.append(file.name)
        return ()
    for number, line in enumerate(lines, start=1):
        try:
            records.append(parse(line))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            unreadable.append(f"{file.name}, line {number}")
    return tuple(records)


def _text(file: Path) -> str:
    if file.stat().st_size > MAXIMUM_BYTES:
        raise OSError("too large")
    return file.read_text(encoding="utf-8", errors="replace")
