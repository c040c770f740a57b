"""Runs a script of this folder as a process of its own on given cores, and reads the JSON it writes."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def run_on(cores: set[int], command: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a command on these cores, with this repository's package; environment: added to ours."""
    paths = [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})}
    pin = lambda: os.sched_setaffinity(0, cores)  # noqa: E731
    subprocess.run(command, check=True, preexec_fn=pin, env=variables)


def run_pinned(command: list[str], cores: set[int], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Runs a script that writes --json FILE, on these cores; returns what it wrote. environment: added to ours."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.json"
        threads = {"OMP_NUM_THREADS": str(len(cores))}
        run_on(cores, [*command, "--json", str(output)], {**threads, **(environment or {})})
        result: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return result
