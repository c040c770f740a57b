"""The files of a study: what lies where in its folder, and whose it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.experiment.folder import ExperimentFolder
from econas_jax.files import write_text
from econas_jax.nn.network import Cost
from econas_jax.spaces.space import Genotype
from econas_jax.study.row_file import RowFile

# No row of the table depends on these; more networks or settings only add rows.
CHANGEABLE = ("devices", "margin", "resamples", "data.path", "data.download", "networks", "original", "proxies")
CHANGEABLE_GROUPS = ("grid.", "trainer.")

NETWORKS_FILE, TABLE_FILE = "networks.csv", "table.csv"


class StudyWorkdir(ExperimentFolder):
    """`config.json`, `networks.csv`, `table.csv` (the rows, all that counts), `report.html`, `figures/`."""

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """Touches nothing yet. say: is told what was changed."""
        super().__init__(path, "study", say)
        self.rows = RowFile(path / TABLE_FILE)

    def write_networks(self, genotypes: Sequence[Genotype], costs: Sequence[Cost]) -> None:
        """Writes `networks.csv`; costs: of the networks in the original setting.

        Raises InputError if the file cannot be written.
        """
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("network", "genotype", *Cost._fields))
        for number, (genotype, cost) in enumerate(zip(genotypes, costs, strict=True)):
            rows.writerow((number, str(genotype), *cost))
        with refused_if_unwritable(self.path):
            write_text(self.path / NETWORKS_FILE, text.getvalue())


def is_changeable(field: str) -> bool:
    """Says of a field of a study's config whether the study may go on with another value of it."""
    return field in CHANGEABLE or field.startswith(CHANGEABLE_GROUPS)
