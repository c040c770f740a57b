"""Cells retrained on real CIFAR-10 at equal cost, several seeds each: the best of a small search beside DARTS_V2.

    python -m benchmarks.searches.retrained_cells --data DIR --workdir RUNS --json OUT

Each run is `econas-jax retrain --config retrain_cifar10_small`, killed or not: the same command goes on. Every cell has
the number of channels with which its network needs nearly the same multiply-adds. The found cell is the best one of
configs/cifar10_small.py (results/epyc_zen5/cifar10_small). Test images are read once a run, after the last epoch.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.common.paths import REPOSITORY
from benchmarks.common.result_file import write_result

SUMMARY = REPOSITORY / "benchmarks" / "results" / "epyc_zen5" / "cifar10_small" / "summary.json"
CONFIG = REPOSITORY / "configs" / "retrain_cifar10_small.py"


def cells() -> dict[str, tuple[str, int]]:
    """Returns the genotype and the channels of each cell by its name: 5.69 and 5.89 M multiply-adds with N = 1."""
    best = json.loads(SUMMARY.read_text(encoding="utf-8"))["result"]["best"][0]["genotype"]
    return {"best of cifar10_small": (best, 8), "DARTS_V2": ("DARTS_V2", 7)}


def run(name: str, genotype: str, channels: int, seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Retrains one cell from one seed and returns its outcome."""
    workdir = arguments.workdir / f"{name.replace(' ', '_')}_{seed}"
    fields = {"genotype": genotype, "seed": seed, "network.channels": channels, "training.epochs": arguments.epochs}
    fields["data.path"] = arguments.data
    command = [sys.executable, "-m", "econas_jax.retrain", f"--config={CONFIG}", f"--workdir={workdir}"]
    subprocess.run([*command, *(f"--config.{field}={value}" for field, value in fields.items())], check=True)
    (outcome,) = json.loads((workdir / "result.json").read_text(encoding="utf-8"))["networks"]
    return {"cell": name, "seed": seed, "channels": channels, **outcome}


def summary(runs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Returns mean and standard deviation of the test error in percent, by cell."""
    rows = {}
    for cell in dict.fromkeys(row["cell"] for row in runs):
        errors = [100 * (1 - row["test_accuracy"]) for row in runs if row["cell"] == cell]
        rows[cell] = {"runs": len(errors), "mean_test_error": statistics.mean(errors)}
        if len(errors) > 1:
            rows[cell]["standard_deviation"] = statistics.stdev(errors)
    return rows


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="where CIFAR-10 lies, as --config.data.path")
    parser.add_argument("--workdir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    runs: list[dict[str, Any]] = []
    for seed in range(arguments.seeds):  # the cells in turn, so that both see the machine's better and worse hours
        for name, (genotype, channels) in cells().items():
            runs.append(run(name, genotype, channels, seed, arguments))
            write_result(arguments.json, {"summary": summary(runs), "epochs": arguments.epochs, "runs": runs})


if __name__ == "__main__":
    main()
