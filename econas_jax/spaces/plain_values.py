"""Values from elsewhere as plain Python: NumPy's strings, integers and arrays become the values that they equal."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

import numpy as np

_WRAPPED = re.compile(r"(?:(?:np|numpy)\.)?str_\((.*)\)", re.DOTALL)  # what NumPy 2 prints of its strings


def plain_items(value: object) -> list[object] | None:
    """Returns the items of a list, tuple, range or array; None for anything else, a text among others."""
    if isinstance(value, list | tuple | range):
        return list(value)
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return list(value.tolist())
    return None


def plain_integer(value: object) -> object:
    """Returns a whole number of any type as an int, and anything else, True and False included, as it is."""
    if isinstance(value, bool | np.bool_):
        return value
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:  # how Python says that it is no whole number
        return value


def plain_choice(value: object, choices: Sequence[str]) -> str | None:
    """Returns the choice that a text equals; None if it is no text or equals none."""
    return next((choice for choice in choices if isinstance(value, str) and choice == value), None)


def unquoted(text: str) -> str:
    """Returns a text without the spaces, quotes and NumPy's `np.str_(...)` that surround it."""
    text = text.strip()
    if wrapped := _WRAPPED.fullmatch(text):
        text = wrapped.group(1).strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"`":
        text = text[1:-1].strip()
    return text
