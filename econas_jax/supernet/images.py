"""The images of a search inside a supernet: those for its weights and those for its architecture, batch by batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from econas_jax.data import Dataset, Split, training_subset
from econas_jax.data.batches import MemoryBatches
from econas_jax.errors import require


class PhaseReads(NamedTuple):
    """What the steps of a phase of an epoch read."""

    steps: int | None  # of the phase; None: one for each batch of the images for weights
    weights: bool  # whether a step reads a batch of the images for weights
    architecture: int  # images for the architecture that a step reads


@dataclasses.dataclass(frozen=True)
class StepImages:
    """What one step reads. phase: the place of its phase in the epoch."""

    phase: int
    weights: Split | None
    architecture: Split | None

    def __len__(self) -> int:
        """Returns the images for weights, else those for the architecture, by which a mean weighs the step."""
        return len(self.weights or self.architecture or ())


class SearchImages:
    """The training images of a proxy in two parts; what a step reads depends on seed, epoch and step alone."""

    def __init__(self, dataset: Dataset, sample_ratio: float, share: float, seed: int) -> None:
        """Splits the proxy's images at random. share: of the architecture; 0: it has the same images as the weights."""
        images = training_subset(dataset, sample_ratio, seed)
        count = len(images)
        held_out = round(count * share)
        order = np.random.default_rng([seed, count, held_out]).permutation(count)
        self.weights = images.take(np.sort(order[held_out:]))
        self.architecture = images.take(np.sort(order[:held_out])) if held_out else self.weights
        self._seed = seed

    def steps(self, phases: Sequence[PhaseReads], batch_size: int, short_batch: bool) -> tuple[int, ...]:
        """Returns the steps of each phase of an epoch; raises InputError where there are too few images for one."""
        require_images("training.batch_size", batch_size, len(self.weights), "the weights")
        for phase in phases:
            own = phase.architecture == batch_size
            field = "training.batch_size" if own else "search.samples * search.reward_images"
            require_images(field, phase.architecture, len(self.architecture), "the architecture")
        batches = MemoryBatches(self.weights, batch_size, self._seed, short_batch=short_batch)
        return tuple(batches.steps if phase.steps is None else phase.steps for phase in phases)

    def epoch(
        self, phases: Sequence[PhaseReads], batch_size: int, short_batch: bool, number: int, first_step: int = 0
    ) -> Iterator[StepImages]:
        """Yields what the steps of an epoch read, phase after phase, from a step on."""
        begin = 0
        batches = MemoryBatches(self.weights, batch_size, self._seed, short_batch=short_batch)
        for place, (phase, steps) in enumerate(zip(phases, self.steps(phases, batch_size, short_batch), strict=True)):
            first = max(first_step - begin, 0)
            begin += steps
            training = batches.epoch(number, first)
            for step in range(first, steps):
                weights = next(training) if phase.weights else None
                yield StepImages(place, weights, self._held_out(place, phase.architecture, number * steps + step))

    def kinds(self, phases: Sequence[PhaseReads], batch_size: int, short_batch: bool) -> list[StepImages]:
        """Returns the first and the last step of each phase: images of all shapes that there are."""
        ends = np.cumsum([0, *self.steps(phases, batch_size, short_batch)])
        edges = sorted({step for begin, end in pairwise(ends.tolist()) for step in (begin, end - 1)})
        return [next(self.epoch(phases, batch_size, short_batch, 0, step)) for step in edges]

    def _held_out(self, place: int, size: int, step: int) -> Split | None:
        """Returns the images for the architecture of a phase's step, counted over all epochs.

        The images are gone through in passes of whole batches, each pass in another order.
        """
        if not size:
            return None
        count = len(self.architecture)
        number, batch = divmod(step, count // size)
        order = np.random.default_rng((self._seed, 1, place, number)).permutation(count)
        return self.architecture.take(order[batch * size : (batch + 1) * size])


def require_images(field: str, needed: int, there: int, whose: str) -> None:
    """Raises InputError unless there are as many images as are needed at once."""
    require(needed <= there, field, needed, f"at most {there}, the number of images for {whose}")
