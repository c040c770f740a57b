"""Seconds of a candidate's training step on an accelerator, by lanes, in the JSON form of proxy_step.

    python -m benchmarks.peers.gpu_step --genotypes benchmarks/genotypes.txt --lanes 16 --json OUT

Claims: the median time of a step of the compiled training epoch as `WaveTrainer` compiles it, over the candidates that
share it. One lane is timed for every genotype of the file. Several lanes are timed for one wave, which repeats the
file's genotypes: they are branch-free and do the same work for all. compile_seconds is the time to load the program
where --compilation-cache has it. Default setting: c4r4 (9 channels, 8x8), N = 6, batch 384. The images are random
bytes.
"""

from __future__ import annotations

import argparse
from typing import Any, get_args

import jax

from benchmarks.common.benchmark_task import benchmark_task
from benchmarks.common.epoch_timing import parse, time_waves
from benchmarks.common.step_command import read_genotypes, step_parser, write
from econas_jax import Genotype
from econas_jax.nn import ComputeDtype


def measure(genotypes: list[Genotype], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch, then times it: one lane for every genotype, several lanes for one wave of them."""
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
    """Runs the command."""
    flags = step_parser(__doc__)
    flags.add_argument("--lanes", type=int, default=1, help="candidates at a time")
    flags.add_argument("--compute-dtype", choices=get_args(ComputeDtype), default="float32")
    arguments = parse(flags)
    write(measure(read_genotypes(arguments.genotypes), arguments), arguments)


if __name__ == "__main__":
    main()
