"""A small search on scikit-learn's digits that commits after every wave, as a process; for reliability and kills."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.common.paths import REPOSITORY

SMALL: dict[str, dict[str, Any]] = {
    "proxy": {"channels": 4, "resolution": 4, "sample_ratio": 0.05},
    "network": {"cells_per_stage": 1},
    "data": {"name": "digits", "validation_size": 50},
    "training": {"batch_size": 16, "evaluation_batch_size": 50},
    "search": {
        "epochs": 1,
        "initial_population": 6,
        "cycles": 4,
        "children": 4,
        "promotions_to_2e": 2,
        "promotions_to_3e": 1,
        "parents_per_population": (2, 1, 1),
        "lifetime": 2,
    },
}
GIVE_UP = 600.0  # seconds for one process


class BrokenPromiseError(Exception):
    """A claim of the reliability benchmark that does not hold."""


def arguments_for(workdir: Path, **extra: object) -> list[str]:
    """Returns the search command for SMALL in the workdir."""
    groups = {f"{group}.{name}": value for group, fields in SMALL.items() for name, value in fields.items()}
    fields = groups | {"training.augmentation.crop_padding": 1, "save_seconds": 0.0} | extra
    texts = {name: ",".join(map(str, value)) if isinstance(value, tuple) else value for name, value in fields.items()}
    overrides = [f"--config.{name}={value}" for name, value in texts.items()]
    config = f"{REPOSITORY / 'configs' / 'nasbench201_digits.py'}:econas"  # a network that compiles soon
    return [sys.executable, "-m", "econas_jax.search", f"--config={config}", f"--workdir={workdir}", *overrides]


def start(workdir: Path, **extra: object) -> subprocess.Popen[bytes]:
    """Starts the search as a process; its output is appended to a file beside the workdir."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "agg"}
    with workdir.with_suffix(".txt").open("ab") as output:
        return subprocess.Popen(arguments_for(workdir, **extra), env=environment, stdout=output, stderr=output)


def finish(workdir: Path, **extra: object) -> float:
    """Runs the search to its end; returns the process's seconds."""
    begun = time.perf_counter()
    status = start(workdir, **extra).wait(GIVE_UP)
    if status != 0:
        said = workdir.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
        raise BrokenPromiseError(f"the search ended with status {status}: {said[-2000:]}")
    return time.perf_counter() - begun


def records(file: Path) -> list[dict[str, Any]]:
    """Returns the objects of a .json or .jsonl file without their seconds; [] where there is no file."""
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    found = [json.loads(line) for line in (text.splitlines() if file.suffix == ".jsonl" else [text])]
    return [{name: value for name, value in fields.items() if name != "seconds"} for fields in found]


def check_same(workdir: Path, undisturbed: Path) -> None:
    """Raises BrokenPromiseError unless both searches ended the same."""
    for name in ("history.jsonl", "rounds.jsonl", "result.json"):
        if records(workdir / name) != records(undisturbed / name):
            raise BrokenPromiseError(f"{workdir / name} differs from the undisturbed search's")
    if {path.name for path in (workdir / "figures").iterdir()} != {
        path.name for path in (undisturbed / "figures").iterdir()
    }:
        raise BrokenPromiseError(f"figures are missing in {workdir}")
