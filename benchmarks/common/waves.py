"""Trains waves of equal candidates for one epoch, as a search does, for the scripts that time waves."""

from __future__ import annotations

import time
from collections import deque

import jax

from benchmarks.common.benchmark_task import EVALUATION_BATCH, random_split
from econas_jax import Genotype, Job, Task, WaveTrainer
from econas_jax.training import Devices, Trainer, trainer_for
from econas_jax.training.compile.compilation_cache import use_compilation_cache
from econas_jax.training.devices import available_cores


def ready_trainer(
    task: Task, steps: int, devices: list[jax.Device], example: Genotype, *, in_one_process: bool = False
) -> Trainer:
    """Returns a trainer of epochs of `steps` steps with its programs compiled.

    in_one_process: all devices belong to this process; default: as a search places its candidates.
    """
    use_compilation_cache()
    splits = random_split(steps * task.config.batch_size), random_split(EVALUATION_BATCH)
    if in_one_process:
        trainer: Trainer = WaveTrainer(task, *splits, devices, example.encode())
    else:
        cpu = devices[0].platform == "cpu"
        cores = tuple(available_cores()[: len(devices)])
        places = Devices(cores=cores) if cpu else Devices(accelerators=tuple(devices))
        trainer = trainer_for(task, *splits, places, example.encode())
    trainer.prepare()
    return trainer


def seconds_of_waves(trainer: Trainer, genotype: Genotype, candidates: int) -> float:
    """Trains this many equal candidates for an epoch; returns the wall time."""
    jobs = [Job(number, genotype.encode(), 0, 1) for number in range(candidates)]
    start = time.perf_counter()
    for _ in trainer.train(deque(jobs)):
        pass
    return time.perf_counter() - start
