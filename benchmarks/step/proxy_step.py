"""Seconds of a training step in one proxy setting, for each genotype of a file, with one compilation for all.

    taskset -c 0 python -m benchmarks.step.proxy_step --genotypes benchmarks/genotypes.txt --json OUT

Claims: the median time of a step inside the compiled training epoch (gather, augmentation, forward, backward, SGD) as a
search runs it, the time to compile that epoch from nothing, and the process's peak memory. Pinned to one core, XLA uses
one thread. The images are random bytes: their content does not change the work.

`compare_revisions` runs this script of two revisions: its flags, --in-turn and the JSON's `step_seconds` must stay.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.common.benchmark_task import benchmark_task
from benchmarks.common.epoch_timing import parse, time_waves
from benchmarks.common.step_command import own_peak_bytes, read_genotypes, step_parser, write
from econas_jax import Genotype


def measure(genotypes: list[Genotype], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch, then times it for every genotype."""
    task = benchmark_task(arguments.channels, arguments.cells_per_stage, arguments.resolution, arguments.batch)
    timed = time_waves(task, [[genotype] for genotype in genotypes], arguments)
    return timed | {"peak_bytes": own_peak_bytes()}


def main() -> None:
    """Runs the command."""
    arguments = parse(step_parser(__doc__))
    write(measure(read_genotypes(arguments.genotypes), arguments), arguments)


if __name__ == "__main__":
    main()
