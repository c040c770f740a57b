"""Seconds a training step takes in one proxy setting, for each of some genotypes, with one compilation for all.

    taskset -c 0 python benchmarks/proxy_step.py --genotypes benchmarks/genotypes.txt --json step.json

Claims: the median time of a step inside the compiled training epoch (gather, augmentation, forward, backward, SGD) as a
search runs it, the time to compile that epoch from nothing, and the process's peak memory. Pinned to one core, XLA uses
one thread. The images are random bytes: their content does not change the work.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import jax
import numpy as np
from benchmark_task import benchmark_task, initializer, random_images
from epoch_timing import parse, step_seconds
from step_command import parser, read_genotypes, write

from econas_jax import Genotype
from econas_jax.training import train_epoch
from econas_jax.training.compilation import compile_program


def measure(genotypes: list[Genotype], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch, then times it for every genotype."""
    task = benchmark_task(arguments.channels, arguments.cells_per_stage, arguments.resolution, arguments.batch)
    split, init = random_images(arguments.steps * arguments.batch), initializer(task)
    state = jax.eval_shape(init, genotypes[0].encode())
    epoch = jax.jit(lambda *inputs: train_epoch(task, *inputs), donate_argnums=0)
    start = time.perf_counter()
    program = compile_program(epoch, state, genotypes[0].encode(), split, np.int32(0))
    compile_seconds = time.perf_counter() - start
    return {
        "step_seconds": [
            step_seconds(program, init(genotype.encode()), genotype.encode(), split, arguments)
            for genotype in genotypes
        ],
        "compile_seconds": compile_seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def main() -> None:
    """The command."""
    arguments = parse(parser(__doc__))
    write(measure(read_genotypes(arguments.genotypes), arguments), arguments)


if __name__ == "__main__":
    main()
