"""The course of a search inside a supernet: which phases the steps of an epoch take, and which batches they read."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from econas_jax.errors import require


class PhaseReads(NamedTuple):
    """What the steps of a phase of an epoch read."""

    steps: int | None  # of the phase; None: one for each batch of the images for weights
    weights: bool  # whether a step reads a batch of the images for weights
    architecture: int  # images for the architecture that a step reads


# From an epoch, and the steps of each phase, to the phases that each step of the epoch takes, one after another.
Order = Callable[[int, Sequence[int]], Sequence[tuple[int, ...]]]


def one_after_another(epoch: int, steps: Sequence[int]) -> list[tuple[int, ...]]:
    """Returns an epoch's order in which the steps of a phase follow those of the phase before."""
    return [(phase,) for phase, count in enumerate(steps) for _ in range(count)]


class PartReads(NamedTuple):
    """What one phase's part of a step reads: numbers of batches, None for none."""

    phase: int
    weights: int | None  # of the epoch
    architecture: int | None  # counted over all epochs
    size: int  # images for the architecture


Sizes = tuple[int, int, int]  # of a part of a step: its phase, the images for the weights, those for the architecture


@dataclasses.dataclass(frozen=True)
class Course:
    """What all steps read; raises InputError where there are too few images for one."""

    reads: tuple[PhaseReads, ...]
    batch_size: int
    short_batch: bool  # whether an epoch ends with the images for the weights that do not fill a batch
    images: tuple[int, int]  # for the weights, and for the architecture
    order: Order = one_after_another

    def __post_init__(self) -> None:
        require_images("training.batch_size", self.batch_size, self.images[0], "the weights")
        for phase in self.reads:
            own = phase.architecture == self.batch_size
            field = "training.batch_size" if own else "search.samples * search.reward_images"
            require_images(field, phase.architecture, self.images[1], "the architecture")

    @property
    def phase_steps(self) -> tuple[int, ...]:
        """The steps of each phase of an epoch."""
        whole, rest = divmod(self.images[0], self.batch_size)
        batches = whole + (self.short_batch and rest > 0)
        return tuple(batches if phase.steps is None else phase.steps for phase in self.reads)

    @property
    def steps(self) -> int:
        """The steps of an epoch."""
        return len(self._orders(0))

    def epoch(self, number: int, first_step: int = 0) -> Iterator[tuple[PartReads, ...]]:
        """Yields what the steps of an epoch read, from a step on."""
        weights, taken = 0, self._taken_before(number)
        for step, phases in enumerate(self._orders(number)):
            parts = []
            for phase in phases:
                reads = self.reads[phase]
                of_weights = weights if reads.weights else None
                of_architecture = taken[phase] if reads.architecture else None
                parts.append(PartReads(phase, of_weights, of_architecture, reads.architecture))
                weights += reads.weights
                taken[phase] += 1
            if step >= first_step:
                yield tuple(parts)

    def kinds(self, epochs: range) -> set[Sizes]:
        """Returns the sizes of all parts of steps of these epochs, each once."""
        found = set()
        for order in {tuple(self._orders(epoch)) for epoch in epochs}:
            left = self.images[0]
            for phase in itertools.chain.from_iterable(order):
                reads = self.reads[phase]
                size = min(self.batch_size, left) if reads.weights else 0
                found.add((phase, size, reads.architecture))
                left -= size
        return found

    def _taken_before(self, number: int) -> list[int]:
        """Returns how many steps of each phase the epochs before have."""
        taken = [0] * len(self.reads)
        for epoch in range(number):
            for phase, count in enumerate(_counts(tuple(self._orders(epoch)), len(taken))):
                taken[phase] += count
        return taken

    def _orders(self, epoch: int) -> Sequence[tuple[int, ...]]:
        return self.order(epoch, self.phase_steps)


@functools.lru_cache(maxsize=16)
def _counts(order: tuple[tuple[int, ...], ...], phases: int) -> tuple[int, ...]:
    return tuple(sum(phase in step for step in order) for phase in range(phases))


def require_images(field: str, needed: int, there: int, whose: str) -> None:
    """Raises InputError unless there are as many images as are needed at once."""
    require(needed <= there, field, needed, f"at most {there}, the number of images for {whose}")
