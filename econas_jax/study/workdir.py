"""The files of a study: what lies where in its folder, and whose it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.experiment.folder import ExperimentFolder
from econas_jax.files import write_text
from econas_jax.spaces.space import Genotype
from econas_jax.study.row_file import RowFile

# No row of the table depends on these; more networks or settings only add rows.
CHANGEABLE = ("devices", "margin", "resamples", "data.path", "data.download", "networks", "original", "proxies")
CHANGEABLE_GROUP = "grid."


class StudyWorkdir(ExperimentFolder):
    """`config.json`, `networks.csv`, `table.csv` (the rows, all that counts), `report.html`, `figures/`."""

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """Touches nothing yet. say: is told what was changed."""
        super().__init__(path, "study", say)
        self.rows = RowFile(path / "table.csv")

    def write_networks(self, genotypes: Sequence[Genotype]) -> None:
        """Writes `networks.csv`; raises InputError if it cannot be written."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [("network", "genotype"), *((number, str(genotype)) for number, genotype in enumerate(genotypes))]
        )
        with refused_if_unwritable(self.path):
            write_text(self.path / "networks.csv", text.getvalue())


def is_changeable(field: str) -> bool:
    """Says of a field of a study's config whether the study may go on with another value of it."""
    return field in CHANGEABLE or field.startswith(CHANGEABLE_GROUP)
