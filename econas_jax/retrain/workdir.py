"""The files of a retraining: what lies where in its folder, and how the readable ones are written."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from econas_jax.experiment.folder import ExperimentFolder
from econas_jax.files import write_text
from econas_jax.retrain.history import HISTORY_FILE, Progress, lines_of
from econas_jax.retrain.result import NetworkOutcome, outcome_from_json, result_fields

OUTCOME_FILE, RESULT_FILE = "outcome.json", "result.json"


class NetworkFolder:
    """The files of one network. `checkpoints/` holds all that counts until `outcome.json` says how it ended.

    `history.jsonl` is made from a commit, after it; `model/` is the trained model.
    """

    def __init__(self, path: Path, tensorboard: Path) -> None:
        """Touches nothing yet. tensorboard: the folder of its scalars."""
        self.path, self.tensorboard = path, tensorboard
        self.checkpoints, self.model = path / "checkpoints", path / "model"

    def outcome(self) -> NetworkOutcome | None:
        """Returns how the training ended, None if it did not yet; raises InputError for a file that is not ours."""
        file = self.path / OUTCOME_FILE
        try:
            return outcome_from_json(file.read_bytes(), file)
        except FileNotFoundError:
            return None

    def write_outcome(self, outcome: NetworkOutcome) -> None:
        """Writes how the training ended, after everything else of the network."""
        write_text(self.path / OUTCOME_FILE, json.dumps(dataclasses.asdict(outcome), indent=2) + "\n")

    def write_history(self, progress: Progress) -> None:
        """Writes the records of a commit."""
        write_text(self.path / HISTORY_FILE, lines_of(progress.history))

    def write_failure(self, trace: str) -> Path:
        """Keeps the traceback of a training that raised an exception; returns where."""
        file = self.path / "failure.txt"
        write_text(file, trace)
        return file


class Workdir(ExperimentFolder):
    """The files of a retraining: `config.json` says whose it is, and each network has a folder.

    `result.json` and `report.html` are made anew at every end.
    """

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """Touches nothing yet. say: is told what was found and mended."""
        super().__init__(path, "retraining", say)
        self.report = path / "report.html"

    def network(self, number: int) -> NetworkFolder:
        """Returns the folder of a network, which need not exist."""
        name = f"network_{number}"
        return NetworkFolder(self.path / name, self.path / "tensorboard" / name)

    def write_result(self, networks: Sequence[NetworkOutcome], asked: int) -> None:
        """Writes `result.json`, the figures and `report.html`, of a finished retraining or of one that was stopped."""
        # Matplotlib takes half a second to import, and nothing else of a retraining needs it.
        from econas_jax.retrain.report.page import write_retrain_report

        write_text(self.path / RESULT_FILE, json.dumps(result_fields(networks, asked), indent=2) + "\n")
        write_retrain_report(self.path)
