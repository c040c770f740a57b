"""Trains several candidates in one call, on each local device one or more, with programs compiled once for all."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from econas_jax.data import Split
from econas_jax.errors import require_integer
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.epoch import Images, Metrics, Scratch, Task
from econas_jax.training.job import DIVERGED, EpochDone, Events, Job, Jobs, Outcome, next_wave
from econas_jax.training.programs import NAMES, Programs
from econas_jax.training.retrying import train_with_retries
from econas_jax.training.state import TrainState, from_vectors, to_vectors, vector_size


class WaveTrainer:
    """A `Trainer` whose programs train waves of up to `slots` candidates; a smaller wave leaves slots idle.

    Every device runs the same program on its own candidate, so real branches are kept and nothing is communicated:
    results do not depend on what shares a wave. With more than one lane a device trains as many candidates at once, by
    vmap; small networks fill an accelerator better so, and the network should be branch-free. Results are then equal to
    the bit for one number of devices, and up to rounding for another. Hence no program of fewer lanes for the last few
    candidates: what a candidate gets would depend, in its last bits, on how many are left.

    The candidates of a wave train for equally many epochs, from whatever epoch each of them begins.
    """

    def __init__(
        self,
        task: Task,
        train: Split,
        validation: Split,
        devices: Sequence[jax.Device],
        example: Any,
        lanes: int = 1,
    ) -> None:
        """Puts the images on the devices. example: any architecture's arrays, which fix the shapes of the programs.

        lanes: candidates a device trains at a time. Raises InputError for lanes that are no positive whole number.
        """
        require_integer("lanes", lanes, 1)
        self.devices, self.slots = len(devices), len(devices) * lanes
        self.device_kind: str = devices[0].device_kind
        self._lanes = lanes
        self._every_epoch = task.config.accuracy == "best"
        mesh = Mesh(np.array(devices), (POPULATION,))
        self._programs = Programs(task, mesh, lanes, example, train.images.shape, validation.images.shape)
        self._train = self._to_devices(train)
        self._validation = self._to_devices(validation)
        self.state_size = vector_size(self._programs.state)
        self._scratch: Scratch | None = None

    def prepare(self, check: Callable[[], None] = lambda: None) -> None:
        """Compiles all programs; `train` does it if it has not been done. check: is called between programs."""
        for name in NAMES:
            check()
            self._programs.compile([name])

    def train(self, jobs: Jobs, retries: int = 0) -> Events:
        """Trains jobs wave by wave, as `Trainer.train` says."""
        while jobs:
            yield from train_with_retries(self._train_wave, next_wave(jobs, self.slots), retries)

    def _train_wave(self, wave: list[Job]) -> Events:
        self.prepare()
        programs, count, start = self._programs, len(wave), time.perf_counter()
        candidates, architectures = self._stack_candidates(wave)
        states = self._start(wave, candidates, architectures)
        scratch = programs.scratch() if self._scratch is None else self._scratch
        self._scratch = None  # an epoch consumes it: given again, after one that is interrupted, it crashes the process
        alive, validations, validation_seconds = np.ones(self.slots, bool), [], 0.0
        starts = np.array([job.start_epoch for job in _fill(wave, self.slots)], np.int32)
        last = wave[0].end_epoch - wave[0].start_epoch - 1
        for done in range(last + 1):
            given, epochs = (states, scratch), jax.device_put(starts + done, programs.by_candidate)
            (states, scratch), metrics = programs["epoch"](given, architectures, epochs, self._train)
            alive &= np.isfinite(np.asarray(metrics.loss))
            if self._every_epoch or done == last or not alive[:count].any():
                validation_start = time.perf_counter()
                validation = programs["evaluate"](states, architectures, self._validation)
                validations.append(jax.block_until_ready(validation))
                validation_seconds += time.perf_counter() - validation_start
            yield from (EpochDone(job.candidate, job.start_epoch + done) for job in wave)
            if not alive[:count].any():
                break
        self._scratch = scratch
        alive &= np.isfinite([np.asarray(metrics.loss) for metrics in validations]).all(axis=0)
        training, validation = jax.tree.map(np.asarray, metrics), _most_accurate(validations)
        vectors = to_vectors(states)
        # Idle slots cost as much as busy ones, so a candidate costs what it would cost in a full wave.
        seconds = [total / self._lanes for total in (time.perf_counter() - start, validation_seconds)]
        for slot, job in enumerate(wave):
            state = vectors[slot] if alive[slot] else None
            outcome = _outcome(job, training, validation, state, slot, *seconds)
            yield dataclasses.replace(outcome, following=count - 1 - slot)

    def _start(self, wave: list[Job], candidates: jax.Array, architectures: Any) -> TrainState:
        """Returns the states that the wave goes on from: the jobs' own, and initial ones for those that have none."""
        given = [job.state for job in _fill(wave, self.slots)]
        if all(vector is not None for vector in given):
            vectors = np.stack(given)
        else:
            initial: TrainState = self._programs["init"](candidates, architectures)
            if all(vector is None for vector in given):
                return initial
            vectors = to_vectors(initial)
            for slot, vector in enumerate(given):
                vectors[slot] = vectors[slot] if vector is None else vector
        states: TrainState = from_vectors(vectors, self._programs.state)
        return jax.device_put(states, self._programs.by_candidate)

    def _stack_candidates(self, wave: list[Job]) -> tuple[jax.Array, Any]:
        """Stacks candidate numbers and architectures over the slots; idle slots repeat the last job."""
        filled = _fill(wave, self.slots)
        candidates = np.array([job.candidate for job in filled], np.int32)
        architectures = jax.tree.map(lambda *leaves: np.stack(leaves), *[job.architecture for job in filled])
        return jax.device_put((candidates, architectures), self._programs.by_candidate)

    def _to_devices(self, split: Split) -> Images:
        return Images(*jax.device_put((split.images, split.labels), self._programs.shared))


def _fill(items: list[Any], slots: int) -> list[Any]:
    return items + [items[-1]] * (slots - len(items))


def _most_accurate(validations: Sequence[Metrics]) -> Metrics:
    """Finds each slot's validation of the highest accuracy, on the host; of equal ones the first."""
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *validations)
    best = np.argmax(stacked.accuracy, axis=0)
    return Metrics(*(np.take_along_axis(leaf, best[None], axis=0)[0] for leaf in stacked))


def _outcome(
    job: Job,
    training: Metrics,
    validation: Metrics,
    state: Any,
    slot: int,
    seconds: float,
    validation_seconds: float,
) -> Outcome:
    if state is None:
        return Outcome(job.candidate, "diverged", seconds, validation_seconds=validation_seconds, reason=DIVERGED)
    return Outcome(
        job.candidate,
        "completed",
        seconds,
        train_loss=float(training.loss[slot]),
        train_accuracy=float(training.accuracy[slot]),
        validation_loss=float(validation.loss[slot]),
        validation_accuracy=float(validation.accuracy[slot]),
        state=state,
        validation_seconds=validation_seconds,
    )
