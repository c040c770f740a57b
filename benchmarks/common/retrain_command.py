"""What the two scripts that time a retraining step share: flags, and steps timed one at a time, in turn."""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.common.step_command import own_peak_bytes, turn
from econas_jax import Genotype
from econas_jax.spaces.darts import published

GENOTYPES = tuple(name for name, value in vars(published).items() if isinstance(value, Genotype))
PUBLISHED_SETTING = {"channels": 36, "resolution": 32, "cells_per_stage": 6, "batch": 96}
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, CLIP = 0.025, 0.9, 3e-4, 5.0


def retrain_parser(description: str | None) -> argparse.ArgumentParser:
    """Returns the flags of such a script."""
    flags = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--genotype", choices=GENOTYPES, required=True)
    add_step_flags(flags, PUBLISHED_SETTING)
    return flags


def add_step_flags(flags: argparse.ArgumentParser, setting: Mapping[str, int]) -> None:
    """Adds the flags of a setting with these defaults, and those of `time_steps`."""
    for name, value in setting.items():
        flags.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    flags.add_argument("--repeats", type=int, default=3, help="timed steps, after one to warm up")
    flags.add_argument("--in-turn", action="store_true", help="for each step print a line and wait for one")
    flags.add_argument("--json", type=Path, required=True)


def time_steps(step: Callable[[], Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Times single steps, the first of which warms up; each waits for its turn.

    Returns wall seconds and CPU seconds of all but the first, the median of the CPU seconds, and the peak memory.
    """
    wall, cpu = [], []
    for _ in range(arguments.repeats + 1):
        with turn(arguments):
            start = time.perf_counter(), time.process_time()
            step()
            wall.append(time.perf_counter() - start[0])
            cpu.append(time.process_time() - start[1])
    return {
        "wall_seconds": wall[1:],
        "cpu_seconds": cpu[1:],
        "step_seconds": statistics.median(cpu[1:]),
        "system_seconds": resource.getrusage(resource.RUSAGE_SELF).ru_stime,
        "peak_bytes": own_peak_bytes(),
    }
