"""A search with TinyNetwork, by processes or on a cluster, here or as a process of its own that a test may kill."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from search_output import econas, no_figures
from tiny_network import TinyNetwork
from tiny_search import LONGER

from econas_jax.search import run_search
from econas_jax.search.history import read_stages
from econas_jax.training.trainer_config import TrainerConfig

PATIENCE = 200.0  # seconds until a process has come as far as it should have
# Each stage is committed. The later rungs have a proxy of their own: devices have the programs of two trainings.
_RUNGS = dataclasses.replace(econas(LONGER), cycles=3, proxies=("", "resolution=8", "resolution=8"))
CONFIG = dataclasses.replace(LONGER, search=_RUNGS, devices=None, save_seconds=0.0)


def search(workdir: Path, where: TrainerConfig, devices: int | None = None) -> None:
    """Searches in this process."""
    with pytest.MonkeyPatch.context() as patch:
        no_figures(patch)
        patch.setattr("econas_jax.nn.darts.family.SearchNetwork", TinyNetwork)
        run_search(dataclasses.replace(CONFIG, devices=devices, trainer=where), workdir)


def killed(workdir: Path, address: str, stages: int, before: Callable[[], None] = lambda: None) -> int:
    """Searches in another process and kills it once so many stages are committed; returns how many there are then.

    before: is called first; the process may end of itself then, but not as if it were done.
    """
    command = [sys.executable, __file__, str(workdir), address]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    output = workdir.with_suffix(".txt")
    with output.open("ab") as file, subprocess.Popen(command, env=environment, stdout=file, stderr=file) as process:
        try:
            limit = time.monotonic() + PATIENCE
            while committed(workdir) < stages and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.05)
            before()
        finally:
            process.kill()
    assert process.returncode != 0 and committed(workdir) >= stages, output.read_text(errors="replace")
    return committed(workdir)


def committed(workdir: Path) -> int:
    """How many stages the history tells."""
    file = workdir / "history.jsonl"
    return len(read_stages(file)) if file.exists() else 0


if __name__ == "__main__":
    search(Path(sys.argv[1]), TrainerConfig("ray", sys.argv[2]))
