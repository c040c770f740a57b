"""Seconds to compile the training epoch: from nothing, and from the persistent cache in another process.

    python -m benchmarks.step.compile_time --json OUT

Claims: the median over rounds of both, each in a fresh process pinned to one core (proxy_step), and the peak memory
of these processes. Setting: c4r4 (9 channels, 8x8), N = 6, batch 384, float32. One compilation serves all genotypes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import read_genotypes


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, Any]]] = {"cold": [], "cached": []}
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            genotype, cache = Path(folder) / "genotype.txt", Path(folder) / "cache"
            genotype.write_text(f"{read_genotypes()[0]}\n", encoding="utf-8")
            command = [*script("step.proxy_step"), "--genotypes", str(genotype), "--repeats", "1"]
            for kind in runs:  # the first fills the cache
                runs[kind].append(run_pinned([*command, "--compilation-cache", str(cache)], {arguments.core}))
    result = {
        kind: {
            "compile_seconds": [run["compile_seconds"] for run in of_kind],
            "median_compile_seconds": statistics.median(run["compile_seconds"] for run in of_kind),
            "peak_bytes": [run["peak_bytes"] for run in of_kind],
        }
        for kind, of_kind in runs.items()
    }
    write_result(arguments.json, result)


if __name__ == "__main__":
    main()
