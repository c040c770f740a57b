"""The images of a search inside a supernet: those for its weights and those for its architecture, batch by batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from econas_jax.data import Dataset, Split, training_subset
from econas_jax.data.batches import MemoryBatches
from econas_jax.supernet.course import Course, PartReads

Indices = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class StepImages:
    """What one step reads. phase: the place of its phase in the epoch."""

    phase: int
    weights: Split | None
    architecture: Split | None
    then: StepImages | None = None  # of another phase's step that is taken right after, as one with this

    def __len__(self) -> int:
        """Returns the images for weights, else those for the architecture, by which a mean weighs the step."""
        return len(self.weights or self.architecture or ())


class SearchImages:
    """The training images of a proxy in two parts; what a step reads depends on seed, epoch and step alone."""

    def __init__(self, dataset: Dataset, sample_ratio: float, share: float, seed: int) -> None:
        """Splits the proxy's images at random. share: of the architecture; 0: it has the same images as the weights."""
        images = training_subset(dataset, sample_ratio, seed)
        weights, architecture = two_parts(len(images), share, seed)
        self.weights = images.take(weights)
        self.architecture = self.weights if architecture is weights else images.take(architecture)
        self.size = dataset.image_size
        self._seed = seed

    @property
    def counts(self) -> tuple[int, int]:
        """The numbers of images for the weights and for the architecture."""
        return len(self.weights), len(self.architecture)

    def epoch(self, course: Course, number: int, first_step: int = 0) -> Iterator[StepImages]:
        """Yields what the steps of an epoch read, from a step on."""
        batches: Iterator[Split] | None = None

        def training(batch: int) -> Split:
            nonlocal batches
            batches = batches or self._training(course).epoch(number, batch)
            return next(batches)

        return read_steps(course.epoch(number, first_step), training, self._held_out)

    def to_judge(self, size: int, whole: bool) -> list[Split]:
        """Returns the images for the architecture in batches. whole: what does not fill one is left out."""
        count = len(self.architecture)
        ends = [begin + size for begin in range(0, count, size) if begin + size <= count or not whole]
        return [self.architecture.take(np.arange(end - size, min(end, count))) for end in ends]

    def to_calibrate(self, size: int, batches: int) -> list[Split]:
        """Returns random images for the weights, always the same, in so many batches; there must be as many."""
        order = calibration_order(len(self.weights), self._seed)
        return [self.weights.take(order[number * size : (number + 1) * size]) for number in range(batches)]

    def _training(self, course: Course) -> MemoryBatches:
        return MemoryBatches(self.weights, course.batch_size, self._seed, short_batch=course.short_batch)

    def _held_out(self, phase: int, size: int, batch: int) -> Split:
        """Returns a batch for the architecture, counted over all epochs.

        The images are gone through in passes of whole batches, each pass in another order.
        """
        count = len(self.architecture)
        number, place = divmod(batch, count // size)
        order = np.random.default_rng((self._seed, 1, phase, number)).permutation(count)
        return self.architecture.take(order[place * size : (place + 1) * size])


def two_parts(count: int, share: float, seed: int) -> tuple[Indices, Indices]:
    """Returns which of so many images are for the weights, and which for the architecture, both ascending.

    share: of the architecture; 0: both have all.
    """
    held_out = round(count * share)
    order = np.random.default_rng([seed, count, held_out]).permutation(count)
    weights = np.sort(order[held_out:])
    return weights, np.sort(order[:held_out]) if held_out else weights


def calibration_order(count: int, seed: int) -> Indices:
    """Returns the order of so many images for the weights in which statistics are made of the first."""
    return np.random.default_rng((seed, 2)).permutation(count)


def read_steps(
    steps: Iterable[Sequence[PartReads]],
    training: Callable[[int], Split],
    held_out: Callable[[int, int, int], Split],
) -> Iterator[StepImages]:
    """Yields what steps read, the parts of a step as one, each followed by the next.

    training: from a batch's number in the epoch, which ascend; held_out: from a phase, a size and a batch's number.
    """
    for parts in steps:
        made = []
        for phase, weights, architecture, size in parts:
            own = None if weights is None else training(weights)
            made.append(StepImages(phase, own, None if architecture is None else held_out(phase, size, architecture)))
        step = made.pop()
        while made:
            step = dataclasses.replace(made.pop(), then=step)
        yield step
