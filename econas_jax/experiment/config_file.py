"""`config.json` in an experiment's folder: whose the folder is, and what it was made with, run by run."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError, require
from econas_jax.experiment import provenance
from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.files import write_text

NAME = "config.json"
MAXIMUM_BYTES = 10**7

Differing = dict[str, tuple[Any, Any]]  # by field: the value there, the value here


class ConfigFile:
    """The file that holds the config, a dataclass, that a folder was made with."""

    def __init__(self, folder: Path, kind: str = "") -> None:
        """Touches nothing yet. kind: a word for the experiment, such as search; "": any."""
        self._folder, self._kind = folder, kind
        self._file = folder / NAME

    def exists(self) -> bool:
        """Says whether the folder belongs to an experiment."""
        return self._file.exists()

    def write(
        self, config: Any, identity: Mapping[str, Any] | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        """Makes the folder this config's; raises InputError if it cannot be written.

        identity: what besides the config decides the results; facts: more for a reader; both in JSON's types. The
        versions, the revision and the machine of this run join those of earlier ones, so that a reader knows of all
        that the folder was made with.
        """
        made_with = provenance.made_with()
        runs = self._read().get("runs", []) if self.exists() else []
        if not runs or runs[-1] != made_with:
            runs = [*runs, made_with]
        description = {
            **({"kind": self._kind} if self._kind else {}),
            "config": dataclasses.asdict(config),
            "identity": dict(identity or {}),
            **(facts or {}),
            **made_with,
            "runs": runs,
        }
        with refused_if_unwritable(self._folder):
            write_text(self._file, json.dumps(description, indent=2) + "\n")

    def differing(self, config: Any) -> Differing:
        """Finds the fields whose value in the file is another. Raises InputError if it cannot be read.

        A field that the file lacks is younger than the folder, which was made as by the field's default.
        """
        there = _flat(self._read()["config"])
        here, default = (_flat(_as_json(dataclasses.asdict(each))) for each in (config, type(config)()))
        return _compared({name: there.get(name, default.get(name)) for name in {*there, *here}}, here)

    def check_same(self, config: Any, changeable: Callable[[str], bool]) -> None:
        """Raises InputError for another kind of experiment, and with the fields where one differs for good."""
        kind = self._read().get("kind") or self._kind  # earlier versions did not write it
        allowed = f"an empty folder, or one made by an earlier {self._kind}; this one holds a {kind}"
        require(kind == self._kind or not self._kind, "workdir", str(self._folder), allowed)
        fixed = {name: pair for name, pair in self.differing(config).items() if not changeable(name)}
        allowed = f"the config it was made with, or another folder ({described(fixed)})"
        require(not fixed, "workdir", str(self._folder), allowed)

    def check_identity(self, identity: Mapping[str, Any]) -> None:
        """Raises InputError, naming the parts, where the file has another identity; what it lacks was not recorded."""
        there, here = _flat(self._read().get("identity", {})), _flat(_as_json(dict(identity)))
        different = _compared(there, {name: here.get(name) for name in there})
        allowed = f"the data and settings it was made with, or another folder ({described(different)})"
        require(not different, "workdir", str(self._folder), allowed)

    def _read(self) -> dict[str, Any]:
        try:
            if self._file.stat().st_size > MAXIMUM_BYTES:
                raise ValueError("too large")
            fields: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
            _flat(fields["config"])
            _flat(fields.get("identity", {}))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError("workdir", str(self._folder), f"a readable {NAME} in it, or an empty folder") from None
        return fields


def described(differing: Differing) -> str:
    """Lists differing fields in words."""
    return ", ".join(f"{name}: {_short(there)} there, {_short(here)} here" for name, (there, here) in differing.items())


def _short(value: Any) -> Any:
    """Shortens a fingerprint, of which the beginning tells it apart."""
    return value[:12] if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) else value


def _compared(there: Mapping[str, Any], here: Mapping[str, Any]) -> Differing:
    pairs = {name: (there.get(name), here.get(name)) for name in sorted({*there, *here})}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _as_json(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields as they come back from a file."""
    read: dict[str, Any] = json.loads(json.dumps(fields))
    return read


def _flat(fields: Any, prefix: str = "") -> dict[str, Any]:
    """Names fields by their dotted paths."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat
