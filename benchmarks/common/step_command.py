"""What the scripts that time a training step share: flags, genotypes, timing, the JSON file. It imports no JAX."""

from __future__ import annotations

import argparse
import contextlib
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.common.paths import GENOTYPES
from benchmarks.common.result_file import write_result
from econas_jax import Genotype

SETTING = {"channels": 9, "resolution": 8, "cells_per_stage": 6, "batch": 384}  # the proxy c4r4, N = 6


def parser(description: str | None, genotypes: Path | None = None) -> argparse.ArgumentParser:
    """Returns a parser of the flags of a setting, to which a script may add its own.

    genotypes: the default of --genotypes; without one the flag is required.
    """
    flags = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument(
        "--genotypes",
        type=Path,
        default=genotypes,
        required=genotypes is None,
        help="a file with the published text of a genotype on each line",
    )
    for name, value in SETTING.items():
        flags.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    flags.add_argument("--json", type=Path, required=True)
    return flags


def step_parser(description: str | None) -> argparse.ArgumentParser:
    """Returns `parser` with the flags of a script that times steps itself."""
    flags = parser(description)
    flags.add_argument("--steps", type=int, default=6, help="steps in a group, which is timed as a whole")
    flags.add_argument("--repeats", type=int, default=5, help="timed groups, after one to warm up")
    flags.add_argument("--in-turn", action="store_true", help="for each genotype print a line and wait for one")
    return flags


def read_genotypes(file: Path = GENOTYPES) -> list[Genotype]:
    """Reads the genotypes of a file, one on each line."""
    return [Genotype.parse(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


@contextlib.contextmanager
def turn(arguments: argparse.Namespace) -> Iterator[None]:
    """Waits for this script's turn, where several scripts take turns (`pinned.run_in_turn`)."""
    if arguments.in_turn:
        print("ready", flush=True)
        sys.stdin.readline()
    yield


def median_seconds(run_group: Callable[[int], Any], steps: int, repeats: int) -> float:
    """Returns the median seconds of a step; run_group(repeat) takes `steps` steps and returns when they are done."""
    times = []
    for repeat in range(repeats + 1):
        start = time.perf_counter()
        run_group(repeat)
        times.append((time.perf_counter() - start) / steps)
    return statistics.median(times[1:])  # the first group warms up


def own_peak_bytes() -> int:
    """Returns the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def write(result: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Writes and prints the result with its setting and what it was made with."""
    setting = {name: value for name, value in vars(arguments).items() if isinstance(value, int)}
    print(write_result(arguments.json, result | {"setting": setting}))
