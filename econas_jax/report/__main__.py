"""The command `econas-jax report`: writes the report of a search or a retraining anew, finished or not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from econas_jax.errors import USAGE_ERROR, InputError
from econas_jax.experiment.folder import local_folder
from econas_jax.retrain.report.page import write_retrain_report
from econas_jax.search.report.page import write_search_report
from econas_jax.supernet.report.page import write_supernet_report
from econas_jax.supernet.workdir import is_supernet_search


def main(arguments: list[str] | None = None) -> int:
    """Writes the report and prints where it is; returns the exit status."""
    parser = argparse.ArgumentParser(prog="econas-jax report", description=__doc__)
    parser.add_argument("workdir", help="the folder of a search or a retraining")
    try:
        folder = local_folder(parser.parse_args(arguments).workdir)
        print(_writer(folder)(folder))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


def _writer(folder: Path) -> Callable[[Path], Path]:
    """Returns what writes the report of this folder's kind."""
    if (folder / "network_0").is_dir():
        return write_retrain_report
    return write_supernet_report if is_supernet_search(folder) else write_search_report


if __name__ == "__main__":
    sys.exit(main())
