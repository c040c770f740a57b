"""Claim: by Ray a search trains at least 0.95 times as many stages an hour as by our own processes on as many cores.

    taskset -c 0,1 python -m benchmarks.searches.ray_processes --devices 2 --json OUT

Both trainers train the same candidates in the setting of configs/digits.py (8 channels, 8x8, N = 1, batch 32) on
scikit-learn's digits, batch after batch in turn in one run, so that a machine that is slower for a minute is slower for
both; the outcomes must be equal to the bit. Starts and compilation are not counted. `ratios`: stages a second by Ray
over those by processes, of each pair of batches after the first. Bytes a stage: of the job's and the outcomes'
pickles, which is what Ray moves, beside the training state's own. Needs `ray`.
"""

from __future__ import annotations

import argparse
import dataclasses
import pickle
import statistics
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.result_file import write_result
from econas_jax.experiment import config_source
from econas_jax.search import from_mapping
from econas_jax.search.ladder_training import ladder_training
from econas_jax.training import Job, Outcome, Trainer
from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.devices import Devices, available_cores, find_devices
from econas_jax.training.trainer_config import TrainerConfig

EPOCHS, JOBS = 3, 8  # of a stage; of a batch


def train(trainer: Trainer, jobs: Sequence[Job]) -> tuple[float, dict[int, Outcome]]:
    """Trains a batch; returns its seconds and its outcomes."""
    start = time.perf_counter()
    found = {event.candidate: event for event in trainer.train(deque(jobs)) if isinstance(event, Outcome)}
    return time.perf_counter() - start, found


def compare(devices: int, pairs: int) -> dict[str, Any]:
    """Trains batches by processes and by Ray in turn; returns the ratios and the bytes."""
    use_compilation_cache()
    config = from_mapping(config_source.load("digits"))
    dataset = config.data.load(config.seed, config.proxy.resolution)
    places = {
        "processes": Devices(cores=tuple(available_cores()[:devices])),
        "ray": find_devices(TrainerConfig("ray", "local"), devices, "float32", print),
    }
    trainers: dict[str, Trainer] = {}
    for name, place in places.items():
        ladder, trainers[name] = ladder_training(config, dataset, place)
    family = ladder.setting(EPOCHS).family
    genotypes = [config.space.sample(np.random.default_rng(number)) for number in range(JOBS)]
    jobs = [Job(number, family.encode(genotype), 0, EPOCHS) for number, genotype in enumerate(genotypes)]
    seconds: dict[str, list[float]] = {name: [] for name in trainers}
    for pair in range(pairs + 1):
        found = {}
        for name in sorted(trainers, reverse=pair % 2 == 1):
            taken, found[name] = train(trainers[name], jobs)
            seconds[name].append(taken)
        for candidate, outcome in found["ray"].items():
            other = found["processes"][candidate]
            assert outcome.state is not None and other.state is not None
            assert outcome.state.tobytes() == other.state.tobytes() and outcome.train_loss == other.train_loss
        print({name: round(each[-1], 2) for name, each in seconds.items()}, flush=True)
    ratios = [mine / theirs for mine, theirs in zip(seconds["processes"][1:], seconds["ray"][1:], strict=True)]
    outcome = found["ray"][0]
    state = outcome.state
    assert state is not None
    later = dataclasses.replace(jobs[0], start_epoch=EPOCHS, end_epoch=2 * EPOCHS, state=state)
    return {
        "devices": devices,
        "jobs_a_batch": JOBS,
        "epochs_a_stage": EPOCHS,
        "ratios": [round(ratio, 4) for ratio in ratios],
        "median_ratio": round(statistics.median(ratios), 4),
        "seconds": seconds,
        "bytes": {
            "state": state.nbytes,
            "to_a_device": len(pickle.dumps([later], 5)),
            "from_a_device": len(pickle.dumps(outcome, 5)),
        },
    }


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    write_result(arguments.json, compare(arguments.devices, arguments.pairs))


if __name__ == "__main__":
    main()
