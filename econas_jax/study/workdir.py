"""The files of a study: what lies where in its folder, and whose it is."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from econas_jax import provenance
from econas_jax.errors import InputError, require
from econas_jax.genotype import Genotype
from econas_jax.history import write_text
from econas_jax.search import lock
from econas_jax.study.config import StudyConfig
from econas_jax.study.row_file import RowFile

# No row of the table depends on these; more networks or settings only add rows.
CHANGEABLE = ("devices", "margin", "resamples", "data.path", "data.download", "networks", "original", "proxies")
CHANGEABLE_GROUP = "grid."


class StudyWorkdir:
    """`config.json`, `networks.csv`, `table.csv` (the rows, all that counts), `report.html`, `figures/`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = RowFile(path / "table.csv")
        self._config_file = path / "config.json"

    def check(self, config: StudyConfig) -> None:
        """Makes the folder if need be; raises InputError if it cannot be written or is not this study's."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            used = any(file.name != lock.FILE for file in self.path.iterdir())
        except OSError as error:
            raise InputError("workdir", str(self.path), f"a folder that can be written ({error.strerror})") from None
        if self._config_file.exists():
            self._check_same(config)
        else:
            require(not used, "workdir", str(self.path), "an empty folder, or one made by an earlier study")

    def open(self, config: StudyConfig, genotypes: Sequence[Genotype]) -> None:
        """Makes the folder this study's."""
        description = {"config": dataclasses.asdict(config), **made_with()}
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [("network", "genotype"), *((number, str(genotype)) for number, genotype in enumerate(genotypes))]
        )
        try:
            write_text(self._config_file, json.dumps(description, indent=2) + "\n")
            write_text(self.path / "networks.csv", text.getvalue())
        except OSError as error:
            raise InputError("workdir", str(self.path), f"a folder that can be written ({error.strerror})") from None

    def _check_same(self, config: StudyConfig) -> None:
        try:
            earlier = _flat(json.loads(self._config_file.read_text(encoding="utf-8"))["config"])
        except (OSError, ValueError, KeyError, TypeError):
            allowed = "a readable config.json in it, or an empty folder"
            raise InputError("workdir", str(self.path), allowed) from None
        now = _flat(json.loads(json.dumps(dataclasses.asdict(config))))
        fixed = [n for n in sorted({*earlier, *now}) if n not in CHANGEABLE and not n.startswith(CHANGEABLE_GROUP)]
        differing = [f"{n}: {earlier.get(n)} there, {now.get(n)} here" for n in fixed if earlier.get(n) != now.get(n)]
        allowed = f"the config it was made with, or another folder ({', '.join(differing)})"
        require(not differing, "workdir", str(self.path), allowed)


def made_with() -> dict[str, Any]:
    """Versions, git revision and machine, for the record."""
    return {
        "versions": provenance.versions(),
        "git_revision": provenance.git_revision(),
        "machine": provenance.machine(),
    }


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields by their dotted paths."""
    leaves = jax.tree_util.tree_leaves_with_path(fields, is_leaf=lambda value: not isinstance(value, dict))
    return {jax.tree_util.keystr(path, simple=True, separator="."): value for path, value in leaves}
