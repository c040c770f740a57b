"""How many candidates' training steps a second waves reach: on one and two devices, by batch, N and candidates.

    python benchmarks/scaling.py --json benchmarks/results/scaling.json

Claims: `two_on_two` is, for each round, the median ratio of two_on_two.py, processes as a search has them;
`in_one_process` the same with both as devices of one process, which is what other systems have; `cores_allow`
that of large products and of copies of large arrays, which no program can pass; `settings` has the median steps a
second of each setting. A device is a CPU core, set up as a search sets it up; every measurement is a process of its
own, in turn. Setting where nothing else is said: c4r4 (9 channels, 8x8), N = 6, batch 384, two candidates. Random bytes
as images; compilation is not counted, validation (100 images an epoch) is.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmark_task import EVALUATION_BATCH, benchmark_task, random_split
from core_rates import core_rates
from pinned import HERE, run_pinned
from result_file import write_result
from step_command import read_genotypes

from econas_jax import Job
from econas_jax.training import trainer_for
from econas_jax.training.compile import compilation_cache
from econas_jax.training.devices import set_up

STEPS, EPOCHS = 6, 3
BATCHES, CELLS, CANDIDATES = (96, 192, 384, 768), (2, 4, 6), (1, 2, 4, 8)


def steps_a_second(devices: int, batch: int, cells: int, candidates: int) -> float:
    """Trains so many candidates, in waves over the devices; the median over epochs after the first."""
    compilation_cache.set_up()
    train, validation = random_split(STEPS * batch), random_split(EVALUATION_BATCH)
    genotypes = read_genotypes(HERE / "genotypes.txt")[:1] * candidates  # one, so that devices do the same work
    trainer = trainer_for(benchmark_task(9, cells, 8, batch), train, validation, set_up(devices), genotypes[0])
    trainer.compile()
    jobs = [Job(number, genotype, 0, 1) for number, genotype in enumerate(genotypes)]
    seconds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for first in range(0, candidates, trainer.slots):
            trainer.train(jobs[first : first + trainer.slots])
        seconds.append(time.perf_counter() - start)
    return candidates * STEPS / statistics.median(seconds[1:])


def measure(devices: int, batch: int = 384, cells: int = 6, candidates: int = 2) -> float:
    """`steps_a_second` in a process of its own, on as many cores as devices."""
    setting = json.dumps([devices, batch, cells, candidates])
    result = run_pinned([sys.executable, str(HERE / "scaling.py"), "--setting", setting], set(range(devices)))
    return float(result["steps_a_second"])


def two_on_two(place: str) -> float:
    """The median ratio of two_on_two.py."""
    ratios = run_pinned([sys.executable, str(HERE / "two_on_two.py"), "--in", place], {0, 1})["ratios"]
    return statistics.median(ratios)


def cores_allow() -> dict[str, float]:
    """How many times as fast two cores are as one, each busy with large products, and with copies of large arrays."""
    alone = core_rates({0})
    with ThreadPoolExecutor() as pool:
        together = list(pool.map(core_rates, ({0}, {1})))
    names = {"products": "multiply_adds_a_second", "copies": "large_bytes_a_second"}
    return {name: sum(rates[rate] for rates in together) / alone[rate] for name, rate in names.items()}


def compare(rounds: int, setting_rounds: int) -> dict[str, Any]:
    """Two devices against one in so many rounds; all settings, interleaved, in so many."""
    settings: list[dict[str, Any]] = [
        *({"devices": devices, "batch": batch} for batch in BATCHES for devices in (1, 2)),
        *({"devices": devices, "cells": cells} for cells in CELLS for devices in (1, 2)),
        *({"devices": devices, "candidates": count} for count in CANDIDATES for devices in (1, 2)),
    ]
    found: list[list[float]] = [[] for _ in settings]
    in_processes, in_one_process, allowed = [], [], []
    for number in range(rounds):
        in_processes.append(two_on_two("processes"))
        in_one_process.append(two_on_two("devices"))
        allowed.append(cores_allow())
        print(
            f"round {number + 1}: two on two, in processes {in_processes[-1]:.2f}, in one {in_one_process[-1]:.2f}",
            flush=True,
        )
    for _ in range(setting_rounds):
        for setting, rates in zip(settings, found, strict=True):
            rates.append(measure(**setting))
            print(f"{setting}: {rates[-1]:.1f} steps a second", flush=True)
    rows = [
        setting | {"steps_a_second": statistics.median(rates)}
        for setting, rates in zip(settings, found, strict=True)
        if rates
    ]
    return {
        "two_on_two": in_processes,
        "median_two_on_two": statistics.median(in_processes),
        "in_one_process": in_one_process,
        "cores_allow": allowed,
        "settings": rows,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of two devices against one")
    parser.add_argument("--setting-rounds", type=int, default=1, help="of the settings")
    parser.add_argument("--setting", help=argparse.SUPPRESS)  # of the processes that this script starts
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.setting:
        result: dict[str, Any] = {"steps_a_second": steps_a_second(*json.loads(arguments.setting))}
    else:
        result = compare(arguments.rounds, arguments.setting_rounds)
    write_result(arguments.json, result)


if __name__ == "__main__":
    main()
