"""What `--help` of a command that runs an experiment prints: usage, flags, shipped configs and every config field."""

from __future__ import annotations

import dataclasses
import shutil
import textwrap
from collections.abc import Iterator, Sequence

from absl import flags

from econas_jax.experiment.config_source import belongs_to, shipped_configs, summary
from econas_jax.experiment.field_docs import FieldDoc, field_docs

FLAGS = ("-h", "-help", "--help")
WIDTH = 120  # of a line where there is no terminal


def asked_for(arguments: Sequence[str]) -> bool:
    """Says whether the command line asks for help."""
    return any(argument in FLAGS for argument in arguments)


def help_lines(command: str, about: str, holders: Sequence[flags.FlagHolder[object]], config: type) -> Iterator[str]:
    """Yields the lines of `econas-jax COMMAND --help`.

    about: what it does; holders: its flags; config: the dataclass of its config.
    """
    width = shutil.get_terminal_size((WIDTH, 0)).columns
    sections = {
        f"usage: econas-jax {command} --config NAME [--workdir DIR] [--config.FIELD=VALUE ...]": (),
        about: (),
        "flags:": _flags(holders),
        f"shipped configs of {command}, for --config NAME:": _configs(command),
        "config fields, as in --config.FIELD=VALUE; NAME may set others than these defaults:": _fields(config),
    }
    for title, lines in sections.items():
        yield from _wrapped(title, width, "")
        for line in lines:
            yield from _wrapped(line, width, " " * 8)
        yield ""


def _flags(holders: Sequence[flags.FlagHolder[object]]) -> Iterator[str]:
    width = max(len(holder.name) for holder in holders)
    for holder in holders:
        yield f"  --{holder.name:<{width}}  {flags.FLAGS[holder.name].help}"


def _configs(command: str) -> Iterator[str]:
    files = {name: file for name, file in shipped_configs().items() if belongs_to(file, command)}
    width = max(map(len, files), default=0)
    for name, file in files.items():
        yield f"  {name:<{width}}  {summary(file)}"


def _fields(config: type) -> Iterator[str]:
    """Yields a line for every field; then for the fields of groups whose key picks another kind than the default."""
    for field in field_docs(config):
        yield _line(field, "")
    for group in dataclasses.fields(config):
        keys: dict[type, list[str]] = {}
        for key, kind in group.metadata.get("choices", {}).items():
            keys.setdefault(kind, []).append(key)
        for kind, names in keys.items():
            if kind is not type(group.default):
                yield ""
                yield f"  where {_key_path(config, group)} is {' or '.join(names)}: {kind.__doc__ or ''}".split("\n")[0]
                for field in field_docs(kind):
                    yield _line(field, f"{group.name}.")


def _key_path(config: type, group: dataclasses.Field[object]) -> str:
    by: str = group.metadata["by"]
    beside = by in {field.name for field in dataclasses.fields(config)}
    return by if beside else f"{group.name}.{by}"


def _line(field: FieldDoc, prefix: str) -> str:
    value = "" if field.is_group else f": {field.type} = {field.default}"
    return f"  {prefix}{field.path}{value}" + (f"  # {field.text}" if field.text else "")


def _wrapped(line: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        line, max(width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
