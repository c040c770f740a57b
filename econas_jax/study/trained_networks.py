"""The networks of a study as another experiment takes them: each with its accuracy in the original setting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from econas_jax.errors import InputError, require
from econas_jax.experiment.config_file import NAME as CONFIG_FILE
from econas_jax.study.table import StudyTable, csv_rows, read_table
from econas_jax.study.workdir import NETWORKS_FILE, TABLE_FILE


class TrainedNetwork(NamedTuple):
    """A network of a study. accuracy: on the study's validation images, a fraction of 1; 0 if training diverged."""

    genotype: str
    accuracy: float


def is_study(folder: Path) -> bool:
    """Says whether a folder holds the networks of a study."""
    return (folder / NETWORKS_FILE).is_file()


def trained_networks(folder: Path, field: str) -> list[TrainedNetwork]:
    """Returns a study's networks, in their order, as it trained them in its original setting.

    field: the name that messages give the folder. Nothing in it is changed. Raises InputError for a folder that is no
    study's, for one whose files cannot be read, and while networks lack their training in the original setting.
    """
    original, genotypes = _original(folder, field), _genotypes(folder / NETWORKS_FILE)
    rows = read_table(folder / TABLE_FILE).rows if (folder / TABLE_FILE).exists() else ()
    table = StudyTable(tuple(row for row in rows if row.proxy == original and row.network in genotypes))
    trained = len(table.networks)
    allowed = f"a study that has trained all its networks by {original}; of {len(genotypes)} this one has {trained}"
    require(trained == len(genotypes), field, str(folder), allowed)
    accuracies = dict(zip(table.networks, table.accuracies(original).tolist(), strict=True))
    return [TrainedNetwork(genotype, accuracies[name]) for name, genotype in genotypes.items()]


def _original(folder: Path, field: str) -> str:
    """Returns the name of the original setting."""
    try:
        return str(json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))["config"]["original"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        allowed = f"the folder of a study, whose {CONFIG_FILE} names its original setting"
        raise InputError(field, str(folder), allowed) from None


def _genotypes(file: Path) -> dict[str, str]:
    """Returns the networks' genotypes by their names."""
    found: dict[str, str] = {}
    for number, cells in csv_rows(file):
        columns = {"network", "genotype"}
        require(columns <= set(cells), str(file), sorted(cells), "the columns network and genotype")
        name = cells["network"].strip()
        require(name not in found, f"{file}, line {number}: network", name, "each network once")
        found[name] = cells["genotype"]
    return found
