"""Time and memory of a start, part by part, from nothing and from the compilation cache.

    python -m benchmarks.step.start_profile --json OUT

Claims, for the training epoch of c4r4 (9 channels, 8x8, N = 6, batch 384, float32), compiled as `WaveTrainer` does, in
fresh processes on one pinned core, medians over rounds: for each part its seconds, the memory the process holds after
it, and the peak memory within it. `traced_bytes` and `compiled_bytes` are the sizes of the cache's two entries of the
epoch. Compiling ends by handing freed memory back to the system; that is left out. Linux only: it resets the kernel's
peak before each part.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks.common.benchmark_task import BATCH, benchmark_task, choose_devices, random_images
from benchmarks.common.epoch_timing import encoded, programs_of
from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.process_memory import held_bytes, peak_bytes
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import read_genotypes
from econas_jax.training.compile.compilation import keep_programs

STEPS = 4


class Parts:
    """The parts of a start, in the order in which they are done."""

    def __init__(self) -> None:
        ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        since_start = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        self.rows: dict[str, dict[str, float]] = {}
        self._add("imports", since_start)

    def do(self, name: str, work: Callable[[], Any]) -> Any:
        """Does the work and records its time and memory."""
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # resets the kernel's peak
        start = time.perf_counter()
        result = jax.block_until_ready(work())
        self._add(name, time.perf_counter() - start)
        return result

    def _add(self, name: str, seconds: float) -> None:
        self.rows[name] = {"seconds": seconds, "held_bytes": held_bytes(), "peak_bytes": peak_bytes()}


def measure(cache: Path) -> dict[str, Any]:
    """Measures this process: the parts of `Programs.compile`, then the first epochs."""
    parts = Parts()
    choose_devices(1)
    keep_programs(cache)
    genotype = read_genotypes()[0]
    genotypes = encoded([genotype])
    images = parts.do("images", lambda: random_images(STEPS * BATCH))
    programs = programs_of(benchmark_task(), genotype, images)
    lowered = parts.do("trace and lower, or read", lambda: programs.lower("epoch"))
    compiled = parts.do("compile or load", lowered.compile)
    traced, stored = (max(file.stat().st_size for file in cache.glob(kept)) for kept in ("traced-*", "jit_epoch-*"))
    del lowered

    def initial_values() -> Any:
        programs.compile(("init",))
        return jax.tree.leaves((programs["init"](np.zeros(1, np.int32), genotypes), programs.scratch()))

    def epoch(state: list[Any], number: int) -> list[Any]:
        leaves: list[Any] = compiled(*state, *jax.tree.leaves((genotypes, images)), np.int32(number))
        return leaves[: len(state)]

    state = parts.do("initial values", initial_values)
    state = parts.do("first epoch", lambda: epoch(state, 0))
    parts.do("second epoch", lambda: epoch(state, 1))
    return {"parts": parts.rows, "traced_bytes": traced, "compiled_bytes": stored}


def median(runs: list[Any]) -> Any:
    """Returns the median of numbers, or of each number in equally shaped dicts."""
    if isinstance(runs[0], dict):
        return {name: median([run[name] for run in runs]) for name in runs[0]}
    return statistics.median(runs)


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)  # for the processes that this script starts
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.cache:
        write_result(arguments.json, {"start": measure(arguments.cache)})
        return
    runs: dict[str, list[dict[str, Any]]] = {"cold": [], "cached": []}
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as cache:
            command = [*script("step.start_profile"), "--cache", cache]
            for of_kind in runs.values():  # the first fills the cache
                of_kind.append(run_pinned(command, {arguments.core})["start"])
    medians = {kind: median(of_kind) for kind, of_kind in runs.items()}
    write_result(arguments.json, medians | {"rounds": arguments.rounds})


if __name__ == "__main__":
    main()
