"""Seconds a training step takes a candidate on an accelerator, by lanes, in the JSON form of proxy_step.py.

    python benchmarks/gpu_step.py --genotypes benchmarks/genotypes.txt --lanes 16 --json OUT

Claims: the median time of a step of the compiled training epoch as `WaveTrainer` compiles it, over the candidates that
share it. One lane is timed for every genotype of the file; several for one wave, of its genotypes in turn: they are
branch-free, and do the same work for all. compile_seconds holds the load where --compilation-cache has the
program. Setting where nothing else is said: c4r4 (9 channels, 8x8), N = 6, batch 384. The images are random bytes.
"""

from __future__ import annotations

import argparse
from typing import Any, get_args

import jax
from benchmark_task import benchmark_task
from epoch_timing import parse, time_waves
from step_command import parser, read_genotypes, write

from econas_jax import Genotype
from econas_jax.nn import ComputeDtype


def measure(genotypes: list[Genotype], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch of a wave, then times it: one lane for every genotype, several for one wave of them."""
    lanes = arguments.lanes
    task = benchmark_task(
        arguments.channels,
        arguments.cells_per_stage,
        arguments.resolution,
        arguments.batch,
        branch_free=lanes > 1,
        compute_dtype=arguments.compute_dtype,
    )
    one_wave = [genotypes[lane % len(genotypes)] for lane in range(lanes)]
    timed = time_waves(task, [one_wave] if lanes > 1 else [[genotype] for genotype in genotypes], arguments)
    return timed | {
        "peak_device_bytes": (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use"),
        "device": jax.devices()[0].device_kind,
        "compute_dtype": arguments.compute_dtype,
    }


def main() -> None:
    """The command."""
    flags = parser(__doc__)
    flags.add_argument("--lanes", type=int, default=1, help="candidates at a time")
    flags.add_argument("--compute-dtype", choices=get_args(ComputeDtype), default="float32")
    arguments = parse(flags)
    write(measure(read_genotypes(arguments.genotypes), arguments), arguments)


if __name__ == "__main__":
    main()
