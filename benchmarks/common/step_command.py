"""What the scripts that time a training step have in common: their flags, the genotypes, the JSON they write."""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from result_file import write_result

from econas_jax import Genotype


def parser(description: str | None) -> argparse.ArgumentParser:
    """The flags of a setting; a script may add its own."""
    flags = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--genotypes", type=Path, required=True, help="a genotype's published text on each line")
    flags.add_argument("--channels", type=int, default=9)
    flags.add_argument("--resolution", type=int, default=8)
    flags.add_argument("--cells-per-stage", type=int, default=6)
    flags.add_argument("--batch", type=int, default=384)
    flags.add_argument("--steps", type=int, default=6, help="steps in a group that is timed as a whole")
    flags.add_argument("--repeats", type=int, default=5, help="groups a median is taken over, after one to warm up")
    flags.add_argument("--in-turn", action="store_true", help="for each genotype print a line and wait for one")
    flags.add_argument("--json", type=Path, required=True)
    return flags


def read_genotypes(file: Path) -> list[Genotype]:
    """One a line."""
    return [Genotype.parse(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


@contextlib.contextmanager
def turn(arguments: argparse.Namespace) -> Iterator[None]:
    """What a script does in its turn, where several have turns: see `pinned.run_in_turn`."""
    if arguments.in_turn:
        print("ready", flush=True)
        sys.stdin.readline()
    yield


def median_seconds(run_group: Callable[[int], Any], steps: int, repeats: int) -> float:
    """Of one step; run_group(repeat) takes so many steps and returns when they are done."""
    times = []
    for repeat in range(repeats + 1):
        start = time.perf_counter()
        run_group(repeat)
        times.append((time.perf_counter() - start) / steps)
    return statistics.median(times[1:])  # the first group warms up


def write(result: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Writes and prints the result with the setting and what it was made with."""
    setting = {name: value for name, value in vars(arguments).items() if isinstance(value, int)}
    print(write_result(arguments.json, result | {"setting": setting}))
