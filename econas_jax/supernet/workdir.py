"""The files of a search inside a supernet: what lies where in its folder, and how the readable ones are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from econas_jax.experiment.folder import ExperimentFolder
from econas_jax.files import write_text
from econas_jax.supernet.history import HISTORY_FILE, Progress, lines_of
from econas_jax.supernet.ranking import RANKING_FILE

RESULT_FILE = "result.json"


def is_supernet_search(folder: Path) -> bool:
    """Says whether a folder belongs to a search inside a supernet."""
    try:
        return "method" in json.loads((folder / "config.json").read_text(encoding="utf-8"))["config"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


class Workdir(ExperimentFolder):
    """The files of a search: `config.json` says whose it is, and `checkpoints/` holds all that counts.

    `history.jsonl` is made from a commit, after it; `result.json`, the figures and `report.html` at every end.
    """

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """Touches nothing yet. say: is told what was found and mended."""
        super().__init__(path, "search inside a supernet", say)
        self.report, self.tensorboard = path / "report.html", path / "tensorboard"
        self.ranking = path / RANKING_FILE

    def write_history(self, progress: Progress) -> None:
        """Writes the records of a commit."""
        write_text(self.path / HISTORY_FILE, lines_of(progress.history))

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Writes `result.json`, the figures and `report.html`, of a finished search or of one that was stopped."""
        # Matplotlib takes half a second to import, and nothing else of a search needs it.
        from econas_jax.supernet.report.page import write_supernet_report

        write_text(self.path / RESULT_FILE, json.dumps(result, indent=2) + "\n")
        write_supernet_report(self.path)
