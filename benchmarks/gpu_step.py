"""Seconds a training step takes a candidate on an accelerator, by lanes, in the JSON form of proxy_step.py.

    python benchmarks/gpu_step.py --genotypes benchmarks/genotypes.txt --lanes 16 --json OUT

Claims: the median time of a step of the compiled training epoch as `WaveTrainer` compiles it, over the candidates that
share it; one lane is timed for every genotype, several for waves of the file's genotypes in turn, whose number does not
change the work, for several lanes are branch-free. compile_seconds holds the load where --compilation-cache has the
program. Setting where nothing else is said: c4r4 (9 channels, 8x8), N = 6, batch 384. The images are random bytes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, get_args

import jax
import numpy as np
from benchmark_task import benchmark_task, random_images
from step_command import median_seconds, parser, read_genotypes, write

from econas_jax import Genotype
from econas_jax.nn import ComputeDtype
from econas_jax.training import init_state, train_epoch
from econas_jax.training.by_device import POPULATION, for_each_candidate
from econas_jax.training.compilation import compile_program, keep_programs


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
    split = random_images(arguments.steps * arguments.batch)
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), (POPULATION,))
    encoded = [genotype.encode() for genotype in genotypes]
    waves = [[code] for code in encoded] if lanes == 1 else [[encoded[lane % len(encoded)] for lane in range(lanes)]]
    stacked = [jax.tree.map(lambda *leaves: np.stack(leaves), *wave) for wave in waves]
    init = for_each_candidate(mesh, lanes, lambda *inputs: init_state(task, *inputs), 2, 0, hasty=True)
    epoch = for_each_candidate(mesh, lanes, lambda *inputs: train_epoch(task, *inputs), 2, 2, donate=(0,))
    candidates = np.arange(lanes, dtype=np.int32)
    start = time.perf_counter()
    state = jax.eval_shape(init, candidates, stacked[0])
    program = compile_program(epoch, state, stacked[0], split, np.int32(0))
    compile_seconds = time.perf_counter() - start
    step_seconds = []
    for wave in stacked:
        states = [init(candidates, wave)]

        def run_epoch(repeat: int, wave: Any = wave, states: list[Any] = states) -> None:
            state, metrics = program(states.pop(), wave, split, np.int32(repeat))
            jax.block_until_ready(metrics)
            states.append(state)

        step_seconds.append(median_seconds(run_epoch, arguments.steps, arguments.repeats) / lanes)
    memory = jax.devices()[0].memory_stats() or {}
    return {
        "step_seconds": step_seconds,
        "compile_seconds": compile_seconds,
        "peak_device_bytes": memory.get("peak_bytes_in_use"),
        "device": jax.devices()[0].device_kind,
        "compute_dtype": arguments.compute_dtype,
    }


def main() -> None:
    """The command."""
    flags = parser(__doc__)
    flags.add_argument("--lanes", type=int, default=1, help="candidates at a time")
    flags.add_argument("--compute-dtype", choices=get_args(ComputeDtype), default="float32")
    flags.add_argument("--compilation-cache", type=Path, help="a folder of compiled programs; without it there is none")
    arguments = flags.parse_args()
    if arguments.compilation_cache is None:
        jax.config.update("jax_enable_compilation_cache", False)
    else:
        keep_programs(arguments.compilation_cache)
    write(measure(read_genotypes(arguments.genotypes), arguments), arguments)


if __name__ == "__main__":
    main()
