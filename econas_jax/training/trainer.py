"""Which trainer trains waves on given devices: processes on CPU cores, one program over all devices elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Protocol

import jax

from econas_jax.data import Split
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training.epoch import Task
from econas_jax.training.process.trainer import ProcessTrainer
from econas_jax.training.wave import Job, Outcome, WaveTrainer


class Trainer(Protocol):
    """What a search needs of one; see `WaveTrainer`."""

    slots: int
    vector_size: int

    def compile(self) -> None:
        """Makes ready to train."""

    def train(self, jobs: Sequence[Job], on_epoch: Callable[[int], None] = ...) -> list[Outcome]:
        """The outcomes of the jobs, in their order."""


def trainer_for(
    task: Task, train: Split, validation: Split, devices: Sequence[jax.Device], example: Genotype, lanes: int = 1
) -> Trainer:
    """Several CPU devices become processes, each on a core of its own; arguments: as in `WaveTrainer`.

    One process has them all where there are fewer cores, where lanes share a device, and where the system does not
    bind processes to cores (it is not Linux).
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if 1 < len(devices) <= len(cores) and lanes == 1 and devices[0].platform == "cpu":
        return ProcessTrainer(task, train, validation, cores[: len(devices)], example)
    return WaveTrainer(task, train, validation, devices, example, lanes)
