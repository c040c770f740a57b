"""Seconds to compile the training epoch: from nothing, and from the persistent cache in another process.

    python benchmarks/compile_time.py --json benchmarks/results/compile_time.json

Claims: the median over rounds of both, each in a fresh process pinned to one core (proxy_step.py), and the peak memory
of these processes. Setting: c4r4 (9 channels, 8x8), N = 6, batch 384, float32. One compilation serves all genotypes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from pinned import HERE, run_pinned
from result_file import write_result


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, Any]]] = {"cold": [], "cached": []}
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            genotype, cache = Path(folder) / "genotype.txt", Path(folder) / "cache"
            first = (HERE / "genotypes.txt").read_text(encoding="utf-8").splitlines()[0]
            genotype.write_text(first + "\n", encoding="utf-8")
            command = [sys.executable, str(HERE / "proxy_step.py"), "--genotypes", str(genotype), "--repeats", "1"]
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
