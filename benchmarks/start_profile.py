"""What a start takes and holds, part by part: seconds and memory, from nothing and from the compilation cache.

    python benchmarks/start_profile.py --json benchmarks/results/start_profile.json

Claims, for the training epoch of c4r4 (9 channels, 8x8, N = 6, batch 384, float32) in fresh processes on one pinned
core, medians over rounds: for each part its seconds, the memory the process holds after it, and the most it held in it.
`equations` counts those of the traced program, inner ones included, once where they are shared;
`trace_equation_seconds` and `lower_equation_seconds` are what JAX takes for one in a program of nothing but additions
of a number. Their products are what tracing and lowering take at the least: gradients are traced before they are
transposed, and what is traced twice counts once. `stored_bytes` is the size of the cache's entry. Left out is what
`compile_program` does at its end, to hand freed memory back.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmark_task import BATCH, CELLS, CHANNELS, RESOLUTION, benchmark_task, initializer, random_images
from pinned import HERE, run_pinned
from process_memory import status_bytes
from result_file import write_result
from step_command import read_genotypes

from econas_jax.training import train_epoch
from econas_jax.training.compilation import keep_programs

STEPS, ADDITIONS = 4, 4000


class Parts:
    """The parts of a start as they are done."""

    def __init__(self) -> None:
        ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        since_start = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        self.rows: dict[str, dict[str, float]] = {}
        self._add("imports", since_start)

    def do(self, name: str, work: Callable[[], Any]) -> Any:
        """Does the work and notes what it took."""
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # the peak from here on
        start = time.perf_counter()
        result = jax.block_until_ready(work())
        self._add(name, time.perf_counter() - start)
        return result

    def _add(self, name: str, seconds: float) -> None:
        self.rows[name] = {
            "seconds": seconds,
            "held_bytes": status_bytes("self", "VmRSS"),
            "peak_bytes": status_bytes("self", "VmHWM"),
        }


def equations(jaxpr: Any) -> int:
    """Of a jaxpr and of those within it, each counted once however often it is called."""
    distinct: dict[int, Any] = {}

    def collect(value: Any) -> None:
        value = getattr(value, "jaxpr", value)
        if isinstance(value, (tuple, list)):
            for item in value:
                collect(item)
        elif hasattr(value, "eqns") and id(value) not in distinct:
            distinct[id(value)] = value
            for equation in value.eqns:
                collect(list(equation.params.values()))

    collect(jaxpr)
    return sum(len(one.eqns) for one in distinct.values())


def seconds_an_equation() -> tuple[float, float]:
    """To trace one and to lower one, in a program of additions."""

    def additions(x: jax.Array) -> jax.Array:
        for _ in range(ADDITIONS):
            x = jax.lax.add(x, x)
        return x

    start = time.perf_counter()
    traced = jax.jit(additions).trace(jnp.zeros(()))
    middle = time.perf_counter()
    traced.lower()
    return (middle - start) / ADDITIONS, (time.perf_counter() - middle) / ADDITIONS


def measure(cache: Path) -> dict[str, Any]:
    """Of this process: the parts of `compile_program`, then the first epochs."""
    parts = Parts()
    keep_programs(cache)
    genotype = read_genotypes(HERE / "genotypes.txt")[0].encode()
    task = benchmark_task(CHANNELS, CELLS, RESOLUTION, BATCH)
    split, init = parts.do("images", lambda: random_images(STEPS * BATCH)), initializer(task)
    state = jax.eval_shape(init, genotype)
    epoch = jax.jit(functools.partial(train_epoch, task), donate_argnums=0)
    gc.disable()
    traced = parts.do("trace", lambda: epoch.trace(state, genotype, split, np.int32(0)))
    lowered = parts.do("lower", traced.lower)
    compiled = parts.do("compile or load", lowered.compile)
    count = equations(traced.jaxpr)
    stored = max((file.stat().st_size for file in cache.iterdir()), default=0)
    del traced, lowered
    trace, lower = seconds_an_equation()
    gc.enable()
    first = parts.do("initial values", lambda: init(genotype))
    second, _ = parts.do("first epoch", lambda: compiled(first, genotype, split, np.int32(0)))
    parts.do("second epoch", lambda: compiled(second, genotype, split, np.int32(1)))
    costs = {"trace_equation_seconds": trace, "lower_equation_seconds": lower}
    return {"parts": parts.rows, "equations": count, "stored_bytes": stored} | costs


def median(runs: list[Any]) -> Any:
    """Of numbers, or of each number in dicts that are alike."""
    if isinstance(runs[0], dict):
        return {name: median([run[name] for run in runs]) for name in runs[0]}
    return statistics.median(runs)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)  # of the processes that this script starts
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.cache:
        write_result(arguments.json, {"start": measure(arguments.cache)})
        return
    runs: dict[str, list[dict[str, Any]]] = {"cold": [], "cached": []}
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as cache:
            for of_kind in runs.values():  # the first fills the cache
                of_kind.append(run_pinned([sys.executable, __file__, "--cache", cache], {arguments.core})["start"])
    medians = {kind: median(of_kind) for kind, of_kind in runs.items()}
    write_result(arguments.json, medians | {"rounds": arguments.rounds})


if __name__ == "__main__":
    main()
