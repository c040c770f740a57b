"""A device of a cluster that is killed once at each of the moments that a folder has a file for; for tests."""

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


class MortalActor(DeviceActor):
    """Its process kills itself; whichever device comes to a moment first, removes the file."""

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
            _die("returning" if isinstance(event, Outcome) else "training")
            yield event
        _die("returned")


def _die(moment: str) -> None:
    try:
        (Path(os.environ[FOLDER]) / moment).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
