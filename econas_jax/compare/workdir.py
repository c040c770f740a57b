"""The files of a comparison: what lies where in its folder, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from econas_jax.compare.run_file import RunFile
from econas_jax.experiment.folder import ExperimentFolder
from econas_jax.training.trainer_config import TRAINER_FIELDS

# No run depends on these; larger budgets and more seeds only make runs longer and more.
CHANGEABLE = (
    *("seeds", "unit", "budgets", "baseline", "retraining.cost", "retraining.config", "table", "processes"),
    *("devices", "data.path", "data.download", *TRAINER_FIELDS),
)


class CompareWorkdir(ExperimentFolder):
    """`config.json`, `runs.jsonl` (the runs, all that counts), and what is made from them.

    Made from them are `comparison.csv`, `result.json`, `figures/` and `report.html`. Without a table every run has the
    folder of a search in `runs/`, and what was trained in full lies in `retrained/`.
    """

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """Touches nothing yet. say: is told what was changed."""
        super().__init__(path, "comparison", say)
        self.runs = RunFile(path / "runs.jsonl")

    def search(self, contender: str, seed: int) -> Path:
        """Returns the folder of a search."""
        return self.path / "runs" / f"{contender}_{seed}"

    def retrained(self, contender: str, seed: int, candidate: int) -> Path:
        """Returns the folder of a candidate's full training."""
        return self.path / "retrained" / f"{contender}_{seed}" / f"candidate_{candidate}"


def changeable(begun: Collection[str]) -> Callable[[str], bool]:
    """Returns a function that says of a field whether a comparison may go on with another value of it.

    begun: the contenders of which there are runs; others may still change, come and go.
    """

    def of_field(field: str) -> bool:
        group, _, rest = field.partition(".")
        if group == "contenders":
            return rest not in begun and all(not rest.startswith(f"{name}.") for name in begun)
        return field in CHANGEABLE

    return of_field
