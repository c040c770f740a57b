"""The files of a study: what lies where in its folder, and whose it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from econas_jax.errors import require
from econas_jax.experiment import lock
from econas_jax.experiment.config_file import ConfigFile
from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.files import write_text
from econas_jax.nn.network import Cost
from econas_jax.spaces.space import Genotype
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
        self._config_file = ConfigFile(path)

    def check(self, config: StudyConfig) -> None:
        """Makes the folder if need be; raises InputError if it cannot be written or is not this study's."""
        with refused_if_unwritable(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            used = any(file.name != lock.FILE for file in self.path.iterdir())
        if self._config_file.exists():
            self._config_file.check_same(config, _is_changeable)
        else:
            require(not used, "workdir", str(self.path), "an empty folder, or one made by an earlier study")

    def open(self, config: StudyConfig, genotypes: Sequence[Genotype], costs: Sequence[Cost]) -> None:
        """Makes the folder this study's; costs: of the networks in the original setting."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("network", "genotype", *Cost._fields))
        for number, (genotype, cost) in enumerate(zip(genotypes, costs, strict=True)):
            rows.writerow((number, str(genotype), *cost))
        self._config_file.write(config)
        with refused_if_unwritable(self.path):
            write_text(self.path / "networks.csv", text.getvalue())


def _is_changeable(field: str) -> bool:
    return field in CHANGEABLE or field.startswith(CHANGEABLE_GROUP)
