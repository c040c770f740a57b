"""`config.json` in the folder of a search or a study: whose the folder is, and what it was made with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError, require
from econas_jax.experiment import provenance
from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.files import write_text

NAME = "config.json"
MAXIMUM_BYTES = 10**6

Differing = dict[str, tuple[Any, Any]]  # by field: the value there, the value here


class ConfigFile:
    """The file that holds the config, a dataclass, that a folder was made with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / NAME

    def exists(self) -> bool:
        """Whether the folder is anybody's."""
        return self._file.exists()

    def write(self, config: Any, **facts: Any) -> None:
        """Makes the folder this config's; facts: more of it in JSON's types. Raises InputError if it cannot be written."""
        description = {"config": dataclasses.asdict(config), **facts, **provenance.made_with()}
        with refused_if_unwritable(self._folder):
            write_text(self._file, json.dumps(description, indent=2) + "\n")

    def differing(self, config: Any) -> Differing:
        """Finds the fields whose value in the file is another. Raises InputError if it cannot be read.

        A field that the file lacks is younger than the folder, which was made as by the field's default.
        """
        try:
            if self._file.stat().st_size > MAXIMUM_BYTES:
                raise ValueError("too large")
            there = _flat(json.loads(self._file.read_text(encoding="utf-8"))["config"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError("workdir", str(self._folder), f"a readable {NAME} in it, or an empty folder") from None
        here, default = (_flat(json.loads(json.dumps(dataclasses.asdict(each)))) for each in (config, type(config)()))
        pairs = {name: (there.get(name, default.get(name)), here.get(name)) for name in sorted({*there, *here})}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def check_same(self, config: Any, changeable: Callable[[str], bool]) -> None:
        """Raises InputError, with the fields, where one differs that is not changeable."""
        fixed = {name: pair for name, pair in self.differing(config).items() if not changeable(name)}
        allowed = f"the config it was made with, or another folder ({described(fixed)})"
        require(not fixed, "workdir", str(self._folder), allowed)


def described(differing: Differing) -> str:
    """Lists differing fields in words."""
    return ", ".join(f"{name}: {there} there, {here} here" for name, (there, here) in differing.items())


def _flat(fields: Any, prefix: str = "") -> dict[str, Any]:
    """Names fields by their dotted paths."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat
