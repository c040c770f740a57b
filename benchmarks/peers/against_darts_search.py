"""A search step in our supernet against quark0/darts's in PyTorch: same pinned core, step by step in turn.

    python -m benchmarks.peers.against_darts_search --darts-repo darts --torch-python TORCH_ENV/bin/python --json OUT

Claims: for each case the ratio theirs / ours of the median step, the peak memory of both processes, and the seconds
that our compilation takes from nothing (round 1) and from the persistent cache. Cases: a step of the weights and a
whole step of the second-order search in the proxy c4r2 (9 channels, 16x16 pixels), and a step of the weights in DARTS's
own setting (16 channels, 32x32); 8 cells, batch 64, float32, one thread each. Two processes are alive at once and take
steps in turn, one to warm up. Seconds are CPU seconds of the process, which other processes on the core change less
than wall seconds; both are recorded. Both sides have huge pages from glibc's malloc, as `make search` sets it; peaks
are those of each process alone with glibc's defaults, in two steps more.
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
from benchmarks.peers.against_darts import summary

HUGE_PAGES = "glibc.malloc.hugetlb=1"
CASES = {
    "c4r2 weights": ("weights", 9, 16),
    "c4r2 second-order": ("second-order", 9, 16),
    "c2r0 weights": ("weights", 16, 32),
}


def sides(arguments: argparse.Namespace, case: str, cache: Path) -> list[list[str]]:
    """Returns the commands of both sides, theirs first."""
    step, channels, resolution = CASES[case]
    flags = ["--step", step, "--channels", str(channels), "--resolution", str(resolution)]
    theirs = [*script("peers.darts_search_step", arguments.torch_python), "--darts-repo", str(arguments.darts_repo)]
    ours = [*script("peers.supernet_step"), "--compilation-cache", str(cache)]
    return [theirs + flags, ours + flags]


def run_round(arguments: argparse.Namespace, case: str, cache: Path) -> dict[str, Any]:
    """Returns what both sides measured."""
    commands = [[*command, "--repeats", str(arguments.repeats)] for command in sides(arguments, case, cache)]
    darts, own = run_in_turn(commands, arguments.repeats + 1, {arguments.core})
    return {"darts": darts, "ours": own}


def run_alone(arguments: argparse.Namespace, case: str, cache: Path) -> dict[str, Any]:
    """Returns what each side measures alone, with glibc's defaults."""
    found = [
        run_pinned([*command, "--repeats", "1"], {arguments.core}, {"GLIBC_TUNABLES": ""})
        for command in sides(arguments, case, cache)
    ]
    return dict(zip(("darts", "ours"), found, strict=True))


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--darts-repo", type=Path, required=True)
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with PyTorch")
    parser.add_argument("--cases", nargs="+", choices=tuple(CASES), default=tuple(CASES))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="timed steps of each side in a round")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    os.environ.setdefault("GLIBC_TUNABLES", HUGE_PAGES)
    found: dict[str, list[dict[str, Any]]] = {case: [] for case in arguments.cases}
    alone: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds):
            for case, rounds in found.items():
                cache = Path(folder) / case.replace(" ", "_")
                rounds.append(run_round(arguments, case, cache))
                if case not in alone:
                    alone[case] = run_alone(arguments, case, cache)
                summaries = {name: summary(rows, alone[name]) for name, rows in found.items() if rows}
                print(f"{case}, round {number + 1}: {summaries[case]}", flush=True)
                write_result(arguments.json, {"cases": summaries, "rounds": found, "alone": alone})


if __name__ == "__main__":
    main()
