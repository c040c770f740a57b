"""Seconds a training step takes in one proxy setting, for each of some genotypes, with one compilation for all.

    taskset -c 0 python benchmarks/proxy_step.py --genotypes benchmarks/genotypes.txt --json step.json

Claims: the median time of a step inside the compiled training epoch (gather, augmentation, forward, backward, SGD) as a
search runs it, the time to compile that epoch from nothing, and the process's peak memory. Pinned to one core, XLA uses
one thread. The images are random bytes: their content does not change the work.
"""

from __future__ import annotations

import argparse
import resource
from typing import Any

from benchmark_task import benchmark_task
from epoch_timing import parse, time_waves
from step_command import parser, read_genotypes, write

from econas_jax import Genotype


def measure(genotypes: list[Genotype], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch, then times it for every genotype."""
    task = benchmark_task(arguments.channels, arguments.cells_per_stage, arguments.resolution, arguments.batch)
    timed = time_waves(task, [[genotype] for genotype in genotypes], arguments)
    return timed | {"peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def main() -> None:
    """The command."""
    arguments = parse(parser(__doc__))
    write(measure(read_genotypes(arguments.genotypes), arguments), arguments)


if __name__ == "__main__":
    main()
