"""A retraining step of ours against quark0/darts's in PyTorch: same genotype, same pinned core, step by step in turn.

    python -m benchmarks.peers.against_darts --darts-repo darts --torch-python TORCH_ENV/bin/python --json OUT

Claims: for published genotypes the ratio theirs / ours of the median step, the peak memory of both processes, and the
seconds that our compilation takes from nothing (round 1) and from the persistent cache. Setting: 36 channels,
N = 6, 32x32 pixels, batch 96, float32, one thread each. Two processes are alive at once and take steps in turn, one to
warm up. Seconds are CPU seconds of the process, which other processes on the core change less than wall seconds; both
are recorded. PyTorch computes contiguous in odd rounds and in channels_last in even ones; each side's faster round
counts. Both have the settings `RETAINED` of glibc's malloc: huge pages, and freed memory stays with the process.
Otherwise every step of ours, which allocates its memory at once, would pay for 3 GB of new pages. With them a process
may hold the memory of two steps, so peaks are those of each process alone with glibc's defaults, in two steps more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common.pinned import run_in_turn, run_pinned, script
from benchmarks.common.result_file import write_result
from benchmarks.common.retrain_command import GENOTYPES

FORMATS = ("contiguous", "channels_last")
RETAINED = (
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=34359738368:glibc.malloc.arena_max=1"
)


def run_round(arguments: argparse.Namespace, genotype: str, number: int, cache: Path) -> dict[str, Any]:
    """Returns what both sides measured."""
    flags = ["--genotype", genotype, "--repeats", str(arguments.repeats)]
    memory_format = FORMATS[number % len(FORMATS)]
    commands = [[*command, *flags] for command in sides(arguments, memory_format, cache)]
    darts, own = run_in_turn(commands, arguments.repeats + 1, {arguments.core})
    return {"memory_format": memory_format, "darts": darts, "ours": own}


def sides(arguments: argparse.Namespace, memory_format: str, cache: Path) -> tuple[list[str], list[str]]:
    """Returns the commands of both sides, theirs first."""
    theirs = [*script("peers.darts_step", arguments.torch_python), "--darts-repo", str(arguments.darts_repo)]
    theirs += ["--memory-format", memory_format]
    return theirs, [*script("peers.retrain_step"), "--compilation-cache", str(cache)]


def run_alone(arguments: argparse.Namespace, genotype: str, cache: Path) -> dict[str, Any]:
    """Returns what each side measures alone, with glibc's defaults."""
    flags = ["--genotype", genotype, "--repeats", "1"]
    found = [
        run_pinned([*command, *flags], {arguments.core}, {"GLIBC_TUNABLES": ""})
        for command in sides(arguments, FORMATS[0], cache)
    ]
    return dict(zip(("darts", "ours"), found, strict=True))


def summary(rounds: list[dict[str, Any]], alone: dict[str, Any]) -> dict[str, Any]:
    """Returns a genotype's figures from its rounds and from both sides alone."""
    compilations = [row["ours"]["compile_cpu_seconds"] for row in [*rounds, alone]]
    darts, own = (min(row[side]["step_seconds"] for row in rounds) for side in ("darts", "ours"))
    return {
        "darts_seconds": darts,
        "our_seconds": own,
        "ratio": darts / own,
        "ratios": [row["darts"]["step_seconds"] / row["ours"]["step_seconds"] for row in rounds],
        "darts_peak_bytes": alone["darts"]["peak_bytes"],
        "our_peak_bytes": alone["ours"]["peak_bytes"],
        "compile_cpu_seconds": {"from_nothing": compilations[0], "from_the_cache": min(compilations[1:])},
    }


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--darts-repo", type=Path, required=True)
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with PyTorch")
    parser.add_argument("--genotypes", nargs="+", choices=GENOTYPES, default=GENOTYPES)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="timed steps of each side in a round")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    os.environ.setdefault("GLIBC_TUNABLES", RETAINED)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in arguments.genotypes}
    alone: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as cache:
        for number in range(arguments.rounds):
            for genotype, rounds in found.items():
                rounds.append(run_round(arguments, genotype, number, Path(cache) / genotype))
                if genotype not in alone:
                    alone[genotype] = run_alone(arguments, genotype, Path(cache) / genotype)
                summaries = {name: summary(rows, alone[name]) for name, rows in found.items() if rows}
                print(f"{genotype}, round {number + 1}: {summaries[genotype]}", flush=True)
                write_result(arguments.json, {"genotypes": summaries, "rounds": found, "alone": alone})


if __name__ == "__main__":
    main()
