"""A training step of ours against EcoNAS's released PyTorch network on one GPU, ours with several candidates at a time.

    python -m benchmarks.peers.gpu_against_released --econas-repo EcoNAS --torch-python TORCH_ENV/bin/python \
        --compilation-cache FOLDER --json OUT

Claims: in each round the seconds of a candidate's step in the released code (released_step) and in ours by lanes and
compute dtype (gpu_step), in processes of their own, one after another, with nothing else on the GPU. Theirs trains one
candidate a process, as their script does. Our float32 products may use the GPU's TF32, as their convolutions do. The
first round compiles and fills --compilation-cache, from which later ones load. Flags that this script does not know are
handed to both other scripts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.common.paths import GENOTYPES
from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.result_file import write_result

SETTINGS = ((1, "float32"), (4, "float32"), (16, "float32"), (16, "bfloat16"), (64, "float32"), (64, "bfloat16"))


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--econas-repo", type=Path, required=True)
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with PyTorch, NumPy and lazy_loader")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--compilation-cache", type=Path, required=True)
    parser.add_argument("--genotypes", type=Path, default=GENOTYPES)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, required=True)
    arguments, flags = parser.parse_known_args()
    flags += ["--genotypes", str(arguments.genotypes)]
    theirs = [*script("peers.released_step", arguments.torch_python), "--econas-repo", str(arguments.econas_repo)]
    theirs += ["--device", arguments.device, *flags]
    ours = [*script("peers.gpu_step"), "--compilation-cache", str(arguments.compilation_cache), *flags]
    cores, rounds = os.sched_getaffinity(0), []
    for number in range(arguments.rounds):
        row: dict[str, Any] = {"released": run_pinned(theirs, cores), "ours": []}
        released = statistics.mean(row["released"]["step_seconds"])
        print(f"round {number + 1}: released code {1e3 * released:.1f} ms")
        for lanes, dtype in SETTINGS:
            step = run_pinned([*ours, "--lanes", str(lanes), "--compute-dtype", dtype], cores)
            row["ours"].append(step)
            own = statistics.mean(step["step_seconds"])
            print(f"  {lanes} lanes, {dtype}: {1e3 * own:.2f} ms, {released / own:.1f} times as fast", flush=True)
        rounds.append(row)
        write_result(arguments.json, {"rounds": rounds})


if __name__ == "__main__":
    main()
