"""The training steps a second that waves of candidates reach on one and two devices, by batch, N and candidates.

    python -m benchmarks.searches.scaling --json OUT

Claims:
 - `two_on_two`: for each round the median ratio of two_on_two, in processes as a search has them;
 - `in_one_process`: the same with both as devices of one process, as systems other than Linux have them;
 - `cores_allow`: the same ratio for large products and for copies of large arrays, which no program can exceed;
 - `settings`: the median steps a second of each setting.
A device is a CPU core, set up as a search sets it up; every measurement is a process of its own, one after another.
Default setting: c4r4 (9 channels, 8x8), N = 6, batch 384, two candidates. The images are random bytes; compilation is
not counted, validation (100 images an epoch) is.
"""

from __future__ import annotations

import argparse
import json
import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.common.benchmark_task import benchmark_task, choose_devices
from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import read_genotypes
from benchmarks.common.waves import ready_trainer, seconds_of_waves
from benchmarks.step.core_rates import core_rates

STEPS, EPOCHS = 6, 3
BATCHES, CELLS, CANDIDATES = (96, 192, 384, 768), (2, 4, 6), (1, 2, 4, 8)


def steps_a_second(devices: int, batch: int, cells: int, candidates: int) -> float:
    """Trains equal candidates in waves over the devices; returns the median over the epochs after the first."""
    task, genotype = benchmark_task(cells_per_stage=cells, batch=batch), read_genotypes()[0]
    trainer = ready_trainer(task, STEPS, choose_devices(devices), genotype)
    seconds = [seconds_of_waves(trainer, genotype, candidates) for _ in range(EPOCHS)]
    return candidates * STEPS / statistics.median(seconds[1:])


def measure(devices: int, batch: int = 384, cells: int = 6, candidates: int = 2) -> float:
    """Returns `steps_a_second` of a process of its own, on as many cores as devices."""
    setting = json.dumps([devices, batch, cells, candidates])
    result = run_pinned([*script("searches.scaling"), "--setting", setting], set(range(devices)))
    return float(result["steps_a_second"])


def two_on_two(place: str) -> float:
    """Returns the median ratio of two_on_two."""
    ratios = run_pinned([*script("searches.two_on_two"), "--in", place], {0, 1})["ratios"]
    return statistics.median(ratios)


def cores_allow() -> dict[str, float]:
    """Returns how many times as fast two cores are as one at large products and at copies of large arrays."""
    alone = core_rates({0})
    with ThreadPoolExecutor() as pool:
        together = list(pool.map(core_rates, ({0}, {1})))
    names = {"products": "multiply_adds_a_second", "copies": "large_bytes_a_second"}
    return {name: sum(rates[rate] for rates in together) / alone[rate] for name, rate in names.items()}


def compare(rounds: int, setting_rounds: int) -> dict[str, Any]:
    """Compares two devices with one in `rounds` rounds, and measures all settings in `setting_rounds` rounds."""
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
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of two devices against one")
    parser.add_argument("--setting-rounds", type=int, default=1, help="rounds of all settings")
    parser.add_argument("--setting", help=argparse.SUPPRESS)  # for the processes started here
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.setting:
        result: dict[str, Any] = {"steps_a_second": steps_a_second(*json.loads(arguments.setting))}
    else:
        result = compare(arguments.rounds, arguments.setting_rounds)
    write_result(arguments.json, result)


if __name__ == "__main__":
    main()
