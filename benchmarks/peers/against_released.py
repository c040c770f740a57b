"""A training step of ours against EcoNAS's released PyTorch network: same genotypes, same pinned core, in turn.

    python -m benchmarks.peers.against_released --econas-repo EcoNAS --torch-python TORCH_ENV/bin/python --json OUT

Claims: for each genotype the ratio released / ours of the median step, and over all genotypes the ratio of the mean
steps, in each of several rounds. A round's two processes, released_step and proxy_step, are pinned to one core and
have one thread each; they time each genotype in turn, so that a machine that slows does so for both. The docstrings of
these two say what a step is; ours also gathers and augments its images.
Setting: c4r4 (9 channels, 8x8), N = 6, batch 384, float32.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.common.paths import GENOTYPES
from benchmarks.common.pinned import run_in_turn, script
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import read_genotypes


def compare(released: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Returns a round's seconds and ratios."""
    pairs = list(zip(released["step_seconds"], ours["step_seconds"], strict=True))
    return {
        "released_seconds": released["step_seconds"],
        "our_seconds": ours["step_seconds"],
        "ratios": [theirs / own for theirs, own in pairs],
        "ratio_of_means": statistics.mean(released["step_seconds"]) / statistics.mean(ours["step_seconds"]),
        "our_compile_seconds": ours["compile_seconds"],
        "released_peak_bytes": released["peak_bytes"],
        "our_peak_bytes": ours["peak_bytes"],
    }


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--econas-repo", type=Path, required=True)
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with PyTorch, NumPy and lazy_loader")
    parser.add_argument("--genotypes", type=Path, default=GENOTYPES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    genotypes, turns = ["--genotypes", str(arguments.genotypes)], len(read_genotypes(arguments.genotypes))
    theirs = [*script("peers.released_step", arguments.torch_python), "--econas-repo", str(arguments.econas_repo)]
    theirs += ["--steps", "2", "--repeats", "3"]  # its steps are long and even
    ours = script("step.proxy_step")
    rounds = []
    for number in range(arguments.rounds):
        commands = [[*theirs, *genotypes], [*ours, *genotypes]]
        released, own = run_in_turn(commands, turns, {arguments.core})
        rounds.append(compare(released, own))
        print(f"round {number + 1}: released / ours, ratio of means {rounds[-1]['ratio_of_means']:.2f}", flush=True)
        result = {
            "rounds": rounds,
            "median_ratio_of_means": statistics.median(row["ratio_of_means"] for row in rounds),
            "genotypes": arguments.genotypes.read_text(encoding="utf-8").splitlines(),
            "torch": released["torch"],
        }
        write_result(arguments.json, result)


if __name__ == "__main__":
    main()
