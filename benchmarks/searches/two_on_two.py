"""How many times as many steps a second two candidates train on two CPU cores as one on one, measured in turn.

    taskset -c 0,1 python benchmarks/two_on_two.py --in processes --json OUT

Claims: `ratios`, for each pair of a wave of one candidate and a wave of two equal ones, right after each other, so that
a machine that is slower for a minute is slower for both. --in processes: as a search trains on two cores; --in devices:
both as devices of one process, against one of them. Setting: c4r4 (9 channels, 8x8), N = 6, batch 384, waves of an
epoch of 30 steps and a validation of 100 images. Random bytes as images; compilation is not counted.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmark_task import BATCH, CELLS, CHANNELS, EVALUATION_BATCH, RESOLUTION, benchmark_task, random_split
from pinned import HERE
from result_file import write_result
from step_command import read_genotypes

from econas_jax import Job, WaveTrainer
from econas_jax.training import Trainer, trainer_for
from econas_jax.training.compile import compilation_cache
from econas_jax.training.devices import set_up

STEPS = 30


def ratios(in_processes: bool, pairs: int) -> list[float]:
    """Of each pair of waves after a first one."""
    compilation_cache.set_up()
    genotype = read_genotypes(HERE / "genotypes.txt")[0]
    task = benchmark_task(CHANNELS, CELLS, RESOLUTION, BATCH)
    splits, devices = (random_split(STEPS * BATCH), random_split(EVALUATION_BATCH)), set_up(2)
    if in_processes:
        of_two: Trainer = trainer_for(task, *splits, devices, genotype)
        of_one = of_two  # in one of its processes; the other one waits
    else:
        of_two, of_one = (WaveTrainer(task, *splits, some, genotype) for some in (devices, devices[:1]))
        of_one.compile()
    of_two.compile()

    def seconds(trainer: Trainer, candidates: int) -> float:
        start = time.perf_counter()
        trainer.train([Job(number, genotype, 0, 1) for number in range(candidates)])
        return time.perf_counter() - start

    found = [2 * seconds(of_one, 1) / seconds(of_two, 2) for _ in range(pairs + 1)]
    return found[1:]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in", dest="place", choices=("processes", "devices"), required=True)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    print(write_result(arguments.json, {"ratios": ratios(arguments.place == "processes", arguments.pairs)}))


if __name__ == "__main__":
    main()
