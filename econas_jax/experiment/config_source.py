"""Where a config comes from: a file, or a shipped config by its name. Its mistakes are told with file name and line."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
import traceback
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ml_collections import ConfigDict

PACKAGE = Path(__file__).resolve().parents[1]
MODULE = "econas_jax_config"  # the name under which a config file's classes find their module


class ConfigSourceError(Exception):
    """A config that cannot be had; the message is one line. No ValueError, for absl would wrap it in another one."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class Source(NamedTuple):
    """A config file and, if it was named as FILE:ARGUMENT, what its get_config() is called with."""

    file: Path
    argument: str | None

    @property
    def title(self) -> str:
        """A name for a folder of results."""
        return re.sub(r"[^\w.-]+", "_", "_".join(filter(None, (self.file.stem, self.argument))))


def shipped_configs() -> dict[str, Path]:
    """Returns the shipped configs by name. They lie in the wheel's package, or beside the package in a checkout."""
    folder = PACKAGE / "configs"
    folder = folder if folder.is_dir() else PACKAGE.parent / "configs"
    return {file.stem: file for file in sorted(folder.glob("*.py"))}


def summary(file: Path) -> str:
    """Returns the first line of the file's docstring, "" if there is none."""
    documentation = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    return documentation.splitlines()[0] if documentation else ""


def belongs_to(file: Path, command: str) -> bool:
    """Says whether the file's docstring has a line that runs the command, such as search."""
    documentation = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    # Prose may name another command, after which this one goes on.
    return any(line.startswith(" ") and f"{command} --config" in line for line in documentation.splitlines())


def find(text: str, command: str | None = None) -> Source:
    """Reads NAME, FILE, NAME:ARGUMENT or FILE:ARGUMENT; raises ConfigSourceError for a name that no config has.

    command: such as search, whose configs the error lists; None: those of all commands.
    """
    drive, path = os.path.splitdrive(text)
    path, colon, argument = path.partition(":")
    if drive or path.endswith(".py") or "/" in path or os.sep in path:
        return Source(Path(drive + path), argument if colon else None)
    shipped = shipped_configs()
    if path not in shipped:
        names = ", ".join(name for name, file in shipped.items() if command is None or belongs_to(file, command))
        raise ConfigSourceError(f"no config is named {path!r}: expected one of {names}, or a file such as ./{path}.py")
    return Source(shipped[path], argument if colon else None)


def load(text: str, command: str | None = None) -> ConfigDict:
    """Returns what get_config() of the named config returns; raises ConfigSourceError if that is no config.

    command: as `find` takes it.
    """
    file, argument = find(text, command)
    try:
        code = file.read_bytes()
    except OSError as error:
        raise ConfigSourceError(str(error)) from None
    module = types.ModuleType(MODULE)
    module.__file__ = str(file)
    sys.modules[MODULE] = module  # dataclasses look their module up
    try:
        exec(compile(code, str(file), "exec"), module.__dict__)
        config = _function(module, file, argument)(*() if argument is None else (argument,))
    except ConfigSourceError:
        raise
    except Exception as error:
        raise ConfigSourceError(f"{_place(error, file)}: {_reason(error)}") from error
    if not isinstance(config, ConfigDict | Mapping):
        raise ConfigSourceError(f"{file}: get_config() returned {config!r}: expected a ConfigDict")
    return config if isinstance(config, ConfigDict) else ConfigDict(config)


def _function(module: types.ModuleType, file: Path, argument: str | None) -> Any:
    function = getattr(module, "get_config", None)
    if not callable(function):
        raise ConfigSourceError(f"{file}: the config file has no function get_config() that returns a ConfigDict")
    try:
        inspect.signature(function).bind(*() if argument is None else (argument,))
    except TypeError:
        wanted = f"takes no argument, and got {argument!r}" if argument else f"needs one: name it as {file}:ARGUMENT"
        raise ConfigSourceError(f"{file}: get_config() {wanted}") from None
    return function


def _place(error: Exception, file: Path) -> str:
    """Returns the file and the line in it that the error comes from."""
    if isinstance(error, SyntaxError):
        return f"{error.filename or file}, line {error.lineno or 1}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return f"{file}, line {lines[-1]}" if lines else str(file)


def _reason(error: Exception) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}"
