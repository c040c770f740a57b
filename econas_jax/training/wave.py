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
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.epoch import Images, Metrics, Scratch, Task
from econas_jax.training.programs import Programs
from econas_jax.training.state import TrainState, Vector, from_vectors, to_vectors, vector_size


@dataclasses.dataclass(frozen=True)
class Job:
    """A candidate to be trained from one epoch to another; state: its vector at start_epoch, None at epoch 0."""

    candidate: int
    genotype: Genotype
    start_epoch: int
    end_epoch: int
    state: Vector | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A finished job. Accuracies are fractions, losses in nats; seconds: the wave's wall time shared out evenly.

    A candidate whose training loss stopped being finite has diverged: it has no state and its numbers are None.
    """

    candidate: int
    diverged: bool
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    state: Vector | None
    seconds: float
    validation_seconds: float = 0.0  # of these


class WaveTrainer:
    """Trains waves of up to `slots` candidates; a smaller wave leaves slots idle and compiles nothing new.

    Every device runs the same program on its own candidate, so real branches are kept and nothing is communicated:
    results do not depend on who shares a wave. With more than one lane a device trains as many candidates at once, by
    vmap; small networks fill an accelerator better so, and the network should be branch-free. Results are then equal to
    the bit for one number of devices, and up to rounding for another.
    """

    def __init__(
        self,
        task: Task,
        train: Split,
        validation: Split,
        devices: Sequence[jax.Device],
        example: Genotype,
        lanes: int = 1,
    ) -> None:
        """example: any genotype of the space; its number of nodes fixes the shapes of the programs.

        lanes: candidates a device trains at a time.
        """
        require_integer("lanes", lanes, 1)
        self.slots = len(devices) * lanes
        self._every_epoch = task.config.accuracy == "best"
        mesh = Mesh(np.array(devices), (POPULATION,))
        self._programs = Programs(task, mesh, lanes, example, train.images.shape, validation.images.shape)
        self._train = self._to_devices(train)
        self._validation = self._to_devices(validation)
        self.vector_size = vector_size(self._programs.state)
        self._scratch: Scratch | None = None

    def compile(self) -> None:
        """Compiles all programs; `train` does it if it has not been done."""
        self._programs.compile()

    def train(self, jobs: Sequence[Job], on_epoch: Callable[[int], None] = lambda epoch: None) -> list[Outcome]:
        """Trains and validates the jobs of one wave, all from the same start to the same end epoch, in their order.

        on_epoch is called after every epoch with its number, on the host. Raises ValueError for a wave that is empty,
        too large or of different epochs.
        """
        start, end = epochs_of_wave(jobs, self.slots)
        self.compile()
        programs = self._programs
        start_time = time.perf_counter()
        candidates, genotypes = self._stack_candidates(jobs)
        states = self._start(jobs, candidates, genotypes)
        scratch = programs.scratch() if self._scratch is None else self._scratch
        self._scratch = None  # an epoch consumes it: given again, after one that is interrupted, it crashes the process
        alive, validations, validation_seconds = np.ones(self.slots, bool), [], 0.0
        for epoch in range(start, end):
            (states, scratch), metrics = programs["epoch"]((states, scratch), genotypes, self._train, np.int32(epoch))
            alive &= np.isfinite(np.asarray(metrics.loss))
            if self._every_epoch or epoch == end - 1 or not alive[: len(jobs)].any():
                validation_start = time.perf_counter()
                validations.append(jax.block_until_ready(programs["evaluate"](states, genotypes, self._validation)))
                validation_seconds += (time.perf_counter() - validation_start) / len(jobs)
            on_epoch(epoch)
            if not alive[: len(jobs)].any():
                break
        self._scratch = scratch
        alive &= np.isfinite([np.asarray(metrics.loss) for metrics in validations]).all(axis=0)
        validation = _most_accurate(validations)
        vectors = to_vectors(states)
        seconds = (time.perf_counter() - start_time) / len(jobs)
        training = jax.tree.map(np.asarray, metrics)
        outcomes = [
            _outcome(job, bool(alive[slot]), training, validation, vectors, slot, seconds)
            for slot, job in enumerate(jobs)
        ]
        return [dataclasses.replace(outcome, validation_seconds=validation_seconds) for outcome in outcomes]

    def _start(self, jobs: Sequence[Job], candidates: jax.Array, genotypes: Any) -> TrainState:
        vectors = [job.state for job in jobs if job.state is not None]
        if not vectors:
            states: TrainState = self._programs["init"](candidates, genotypes)
            return states
        states = from_vectors(np.stack(_fill(vectors, self.slots)), self._programs.state)
        return jax.device_put(states, self._programs.by_candidate)

    def _stack_candidates(self, jobs: Sequence[Job]) -> tuple[jax.Array, Any]:
        """Candidate numbers and encoded genotypes with a leading axis of slots, idle ones filled with the last job."""
        filled = _fill(list(jobs), self.slots)
        candidates = np.array([job.candidate for job in filled], np.int32)
        genotypes = jax.tree.map(lambda *leaves: np.stack(leaves), *[job.genotype.encode() for job in filled])
        return jax.device_put((candidates, genotypes), self._programs.by_candidate)

    def _to_devices(self, split: Split) -> Images:
        return Images(*jax.device_put((split.images, split.labels), self._programs.shared))


def epochs_of_wave(jobs: Sequence[Job], slots: int) -> tuple[int, int]:
    """The start and the end that all have; raises ValueError for a wave that cannot be trained together."""
    spans = {(job.start_epoch, job.end_epoch) for job in jobs}
    if not 0 < len(jobs) <= slots or len(spans) != 1 or any(start >= end for start, end in spans):
        raise ValueError(f"a wave takes 1 to {slots} jobs over the same epochs, not {len(jobs)} over {spans}")
    if len({job.state is None for job in jobs}) > 1:
        raise ValueError("either all jobs of a wave bring a state, or none does")
    ((start, end),) = spans
    return start, end


def _fill(items: list[Any], slots: int) -> list[Any]:
    return items + [items[-1]] * (slots - len(items))


def _most_accurate(validations: Sequence[Metrics]) -> Metrics:
    """For each slot the validation of the highest accuracy, on the host; of equal ones the first."""
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *validations)
    best = np.argmax(stacked.accuracy, axis=0)
    return Metrics(*(np.take_along_axis(leaf, best[None], axis=0)[0] for leaf in stacked))


def _outcome(
    job: Job, alive: bool, training: Metrics, validation: Metrics, vectors: Any, slot: int, seconds: float
) -> Outcome:
    if not alive:
        return Outcome(job.candidate, True, None, None, None, None, None, seconds)
    return Outcome(
        candidate=job.candidate,
        diverged=False,
        train_loss=float(training.loss[slot]),
        train_accuracy=float(training.accuracy[slot]),
        validation_loss=float(validation.loss[slot]),
        validation_accuracy=float(validation.accuracy[slot]),
        state=vectors[slot],
        seconds=seconds,
    )
