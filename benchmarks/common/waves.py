"""Trains waves of equal candidates for one epoch, as a search does, for the scripts that time waves."""

from __future__ import annotations

import time

import jax

from benchmarks.common.benchmark_task import EVALUATION_BATCH, random_split
from econas_jax import Genotype, Job, Task, WaveTrainer
from econas_jax.training import Trainer, trainer_for
from econas_jax.training.compile import compilation_cache


def ready_trainer(
    task: Task, steps: int, devices: list[jax.Device], example: Genotype, *, in_one_process: bool = False
) -> Trainer:
    """Returns a trainer of epochs of `steps` steps with its programs compiled.

    in_one_process: all devices belong to this process; default: as a search places its candidates.
    """
    compilation_cache.set_up()
    splits = random_split(steps * task.config.batch_size), random_split(EVALUATION_BATCH)
    if in_one_process:
        trainer: Trainer = WaveTrainer(task, *splits, devices, example)
    else:
        trainer = trainer_for(task, *splits, devices, example)
    trainer.compile()
    return trainer


def seconds_of_waves(trainer: Trainer, genotype: Genotype, candidates: int) -> float:
    """Trains this many equal candidates for an epoch, in waves over the trainer's slots; returns the wall time."""
    jobs = [Job(number, genotype, 0, 1) for number in range(candidates)]
    start = time.perf_counter()
    for first in range(0, candidates, trainer.slots):
        trainer.train(jobs[first : first + trainer.slots])
    return time.perf_counter() - start
