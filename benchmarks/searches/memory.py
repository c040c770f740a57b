"""The memory of a long search whose accuracies are made up: does it grow? A part of reliability."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.common.process_memory import held_bytes
from benchmarks.searches.small_search import SMALL
from econas_jax.search import SearchConfig, run_search
from econas_jax.search.config import from_mapping
from econas_jax.training import EpochDone, Job, Outcome
from econas_jax.training.job import Events, Jobs

MADE_UP_VALUES = 10_000  # of a candidate's state: 2,000 states that are never released take 80 MB
MADE_UP_SLOTS = 4


class MadeUpTrainer:
    """Stands in for a trainer: accuracies that look random, and states that take memory."""

    slots, devices, state_size = MADE_UP_SLOTS, MADE_UP_SLOTS, MADE_UP_VALUES

    def __init__(self, *arguments: Any) -> None:
        self.trained = 0
        self.memory: list[tuple[int, float]] = []  # (stages, MiB)

    device_kind = "none"

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Does nothing: there is no program."""

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Yields outcomes that depend only on candidate and epochs."""
        while jobs:
            job = jobs.popleft()
            state = np.full(MADE_UP_VALUES, job.candidate + job.end_epoch, np.float32)
            yield EpochDone(job.candidate, job.end_epoch - 1)
            yield made_up_outcome(job, state)
            self.trained += 1
            if self.trained // 100 > len(self.memory):
                self.memory.append((self.trained, held_bytes() / 2**20))


def made_up_outcome(job: Job, state: np.ndarray[Any, np.dtype[np.float32]]) -> Outcome:
    """Returns the outcome of a completed stage."""
    accuracy = random.Random(f"{job.candidate} {job.end_epoch}").random()
    return Outcome(
        job.candidate,
        "completed",
        seconds=0.0,
        train_loss=1.0,
        train_accuracy=accuracy,
        validation_loss=1.0,
        validation_accuracy=accuracy,
        state=state,
    )


def memory_test(folder: Path, candidates: int) -> dict[str, Any]:
    """Runs a search of this many candidates without training; returns its memory over time."""
    trainers: list[MadeUpTrainer] = []

    def make(*arguments: Any) -> MadeUpTrainer:
        trainers.append(MadeUpTrainer(*arguments))
        return trainers[-1]

    with mock.patch("econas_jax.training.proxy_training.trainer_for", make):
        result = run_search(made_up_config(candidates), folder / "memory")
    samples = trainers[0].memory
    quarter, last = samples[len(samples) // 4], samples[-1]
    shown = samples[:: max(1, len(samples) // 8)]
    times = json.loads((folder / "memory" / "times.json").read_text(encoding="utf-8"))
    return {
        "candidates": len({stage.candidate for stage in result.stages}),
        "stages": len(result.stages),
        "mebibytes_after_stages": {str(stages): round(size, 1) for stages, size in shown},
        "grown_mebibytes_in_the_last_three_quarters": round(last[1] - quarter[1], 1),
        "mebibytes_of_history": round((folder / "memory" / "history.jsonl").stat().st_size / 2**20, 2),
        "times": times,
    }


def made_up_config(candidates: int) -> SearchConfig:
    """Returns a search in cycles of 16 children, as in the paper, whose candidates live for ten cycles."""
    cycles = (candidates - 50) // 16
    return from_mapping(SMALL | {"search": {"cycles": cycles}, "save_seconds": None})
