"""How many times as many steps a second two candidates train on two CPU cores as one on one, measured in turn.

    taskset -c 0,1 python -m benchmarks.searches.two_on_two --in processes --json OUT

Claims: `ratios`, for each pair of a wave of one candidate and a wave of two equal ones, right after each other, so that
a machine that is slower for a minute is slower for both. --in processes: as a search trains on two cores; --in devices:
both as devices of one process, against one of them. Setting: c4r4 (9 channels, 8x8), N = 6, batch 384, waves of an
epoch of 30 steps and a validation of 100 images. Random bytes as images; compilation is not counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.common.benchmark_task import benchmark_task, choose_devices
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import read_genotypes
from benchmarks.common.waves import ready_trainer, seconds_of_waves

STEPS = 30


def ratios(in_processes: bool, pairs: int) -> list[float]:
    """Returns the ratio of each pair of waves after a first one, which warms up."""
    task, genotype, devices = benchmark_task(), read_genotypes()[0], choose_devices(2)
    if in_processes:
        of_one = of_two = ready_trainer(task, STEPS, devices, genotype)  # one candidate leaves a process waiting
    else:
        of_one = ready_trainer(task, STEPS, devices[:1], genotype, in_one_process=True)
        of_two = ready_trainer(task, STEPS, devices, genotype, in_one_process=True)
    found = [
        2 * seconds_of_waves(of_one, genotype, 1) / seconds_of_waves(of_two, genotype, 2) for _ in range(pairs + 1)
    ]
    return found[1:]


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in", dest="place", choices=("processes", "devices"), required=True)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    print(write_result(arguments.json, {"ratios": ratios(arguments.place == "processes", arguments.pairs)}))


if __name__ == "__main__":
    main()
