"""A device of a cluster that is killed, or hangs, once at each moment that a folder has a file for; for tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from econas_jax.training.job import Event, Job, Outcome
from econas_jax.training.process.worker import Worker
from econas_jax.training.ray.actor import DeviceActor, DeviceFacts

FOLDER = "MORTAL_ACTOR_FOLDER"  # environment variable
MOMENTS = ("starting", "compiling", "asked", "training", "returning", "returned")
HANGING = "hanging"  # while it trains: its process is stopped and remains
HUNG = "hung"  # a file that then has the process's number


class MortalActor(DeviceActor):
    """Its process kills or stops itself; whichever device comes to a moment first, removes the file."""

    def describe(self, settings: Mapping[str, Any]) -> DeviceFacts:
        _die("starting")
        return super().describe(settings)

    def prepare(self, trainings: Sequence[tuple[Any, ...]]) -> None:
        Worker().make_trainer(*trainings[0])
        _die("compiling")
        super().prepare(trainings)

    def train(self, place: int, jobs: Sequence[Job], retries: int) -> Iterator[Event]:
        _die("asked")
        for event in super().train(place, jobs, retries):
            _hang()
            _die("returning" if isinstance(event, Outcome) else "training")
            yield event
        _die("returned")


def _die(moment: str) -> None:
    if _is_first(moment):
        os.kill(os.getpid(), signal.SIGKILL)


def _hang() -> None:
    if _is_first(HANGING):
        (Path(os.environ[FOLDER]) / HUNG).write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)


def _is_first(moment: str) -> bool:
    try:
        (Path(os.environ[FOLDER]) / moment).unlink()
    except FileNotFoundError:
        return False
    return True
