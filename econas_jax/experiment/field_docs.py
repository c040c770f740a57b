"""What `--help` and the configuration reference say of each field: read from the source of the config's dataclasses."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import io
import textwrap
import tokenize
from collections.abc import Iterator
from typing import Any, NamedTuple


class FieldDoc(NamedTuple):
    """A field of a config, or a group of fields, as a reader is told about it."""

    path: str  # with dots, as on the command line after `--config.`
    type: str  # as written in the source
    default: str  # as Python writes it, or a rule in words; "" for a group, "required" for a field without a default
    text: str  # the field's comment, the first paragraph of a group's docstring; "" if there is neither

    @property
    def is_group(self) -> bool:
        """Says whether the entry is a group; its fields follow it."""
        return not self.default


def field_docs(config: Any) -> tuple[FieldDoc, ...]:
    """Returns every field of a dataclass in the order of its source, each group before its own fields.

    config: the class; or an object of it, whose values then stand in the place of the defaults.
    """
    return tuple(_walk(config, ""))


def _walk(config: Any, prefix: str) -> Iterator[FieldDoc]:
    kind = config if isinstance(config, type) else type(config)
    comments = _comments(kind)
    for field in dataclasses.fields(kind):
        path, text = f"{prefix}{field.name}", comments.get(field.name, "")
        type_name = field.type if isinstance(field.type, str) else inspect.formatannotation(field.type)
        value = _default(field) if config is kind else getattr(config, field.name)
        one = next(iter(value.values()), None) if isinstance(value, dict) else None
        if dataclasses.is_dataclass(one):  # of groups with names of their own: one stands for all
            path, value = f"{path}.NAME", one
        if dataclasses.is_dataclass(value):
            group = type(value)
            yield FieldDoc(path, type_name, "", text or _first_paragraph(group))
            yield from _walk(value, f"{path}.")
        else:
            default = "required" if value is dataclasses.MISSING else repr(value)
            if config is kind and "follows" in field.metadata:
                default = field.metadata["follows"]
            yield FieldDoc(path, type_name, default, text)


def _default(field: dataclasses.Field[Any]) -> Any:
    """Returns the field's default, MISSING if it has none."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _first_paragraph(kind: type) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())


def _comments(kind: type) -> dict[str, str]:
    """Returns the comment of each field: the one on its last line, else the lines of comment just above it."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if dataclasses.is_dataclass(base):
            found |= _comments_in(textwrap.dedent(inspect.getsource(base)))
    return found


def _comments_in(source: str) -> dict[str, str]:
    (kind,) = ast.parse(source).body
    assert isinstance(kind, ast.ClassDef)
    trailing, whole_lines = _comments_by_line(source)
    found = {}
    for statement in kind.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = trailing.get(statement.end_lineno or statement.lineno, "")
            found[statement.target.id] = text or _above(whole_lines, statement.lineno)
    return found


def _above(comments: dict[int, str], line: int) -> str:
    """Returns the comment that ends on the line before this one."""
    first = line
    while first - 1 in comments:
        first -= 1
    return " ".join(comments[number] for number in range(first, line))


def _comments_by_line(source: str) -> tuple[dict[int, str], dict[int, str]]:
    """Returns the comments after code, and those that have a line for themselves, both by their line."""
    trailing: dict[int, str] = {}
    whole_lines: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            (whole_lines if alone else trailing)[token.start[0]] = token.string.lstrip("#").strip()
    return trailing, whole_lines
