"""Steps of a search inside a supernet on several devices, each with its share of every batch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from econas_jax.data import Split
from econas_jax.errors import require
from econas_jax.supernet.course import Sizes
from econas_jax.supernet.images import StepImages
from econas_jax.supernet.methods.method import SupernetMethod
from econas_jax.supernet.programs import SupernetPrograms
from econas_jax.supernet.task import Batches, Measures, Moment, SupernetState, Task, Tree
from econas_jax.training.compile.beside import compiled_beside
from econas_jax.training.compile.kept_program import Shape
from econas_jax.training.epoch import Images
from econas_jax.training.network_step import DATA

Kind = tuple[int, Shape | None, Shape | None]  # of a step: its phase, and the shapes of its images


class SupernetTrainer:
    """Takes the steps of a method; the programs mean what they mean on one device."""

    def __init__(
        self, task: Task, method: SupernetMethod, devices: Sequence[jax.Device], epochs: int, seed: int
    ) -> None:
        """Compiles nothing yet. Raises InputError for a batch size that the devices cannot share evenly."""
        size, count = task.training.batch_size, len(devices)
        require(size % count == 0, "training.batch_size", size, f"a multiple of {count}, the number of devices")
        self.task, self.method = task, method
        self._epochs, self._seed = epochs, seed
        self._sources = SupernetPrograms(task, method, Mesh(np.array(devices), (DATA,)))
        self._programs: dict[Kind, Any] = {}
        self._judges: dict[tuple[str, Shape], Any] = {}

    def shapes(self) -> SupernetState:
        """Returns the shapes of a state; raises InputError if the network cannot take the task's images."""
        return self._sources.shapes

    def init(self, check: Callable[[], None] = lambda: None) -> SupernetState:
        """Returns the state before the first step, on every device; check: as `prepare`'s."""
        made = compiled_beside({"initial values": self._sources.init}, check)
        state: SupernetState = made["initial values"](np.int32(self._seed))
        return state

    def put(self, state: SupernetState) -> SupernetState:
        """Returns a state of host arrays on every device."""
        placed: SupernetState = jax.device_put(state, self._sources.everywhere)
        return placed

    def prepare(self, steps: Iterable[Sizes], size: int, check: Callable[[], None] = lambda: None) -> None:
        """Compiles for parts of steps of these sizes, at once. size: pixels a side of the images as stored.

        check: is called several times a second, and ends it by raising.
        """
        kinds = {(phase, _of_size(weights, size), _of_size(held_out, size)) for phase, weights, held_out in steps}
        makers = {kind: functools.partial(self._sources.step, *kind) for kind in kinds if kind not in self._programs}
        self._programs |= compiled_beside(makers, check)

    def step(
        self, state: SupernetState, images: StepImages, epoch: int, index: int, steps: int
    ) -> tuple[SupernetState, Measures]:
        """Takes the index-th step of an epoch of so many steps; `state` is used up by it.

        Augmentations and samples depend on (seed, epoch, index) alone. Measures are means over the step.
        """
        rate = self.task.learning_rate(self._epochs, epoch, index / steps)
        numbers = np.float32(rate), np.float32(self.method.temperature(epoch))
        moment = Moment(np.int32(epoch), np.int32(index), *numbers, np.int32(self._seed))
        measures: Measures = {}
        part: StepImages | None = images
        while part is not None:
            batches = Batches(self._put(part.weights), self._put(part.architecture))
            state, more = self._program(_kind(part))(state, batches, moment)
            measures, part = {**measures, **more}, part.then
        return state, measures

    def accuracy(
        self,
        state: SupernetState,
        genotype: Any,
        number: int,
        held_out: Sequence[Split],
        calibration: Sequence[Split] = (),
    ) -> float:
        """Returns the accuracy of a ranking's candidate with the state's weights on batches, a fraction of 1.

        number: of the candidate, on which depends what may be random in it. calibration: the batches of which running
        statistics are made for the genotype before; none: they stay.
        """
        code = jax.device_put(self.task.code(genotype), self._sources.everywhere)
        running = state.weights.batch_stats
        for count, split in enumerate(calibration, 1):
            program = self._judge("calibration", code, split)
            running = program(state, running, code, self._put(split), np.float32(count))
        state = state._replace(weights=state.weights._replace(batch_stats=running))
        numbers = np.int32(self._seed), np.int32(number)
        shares = [self._judge("evaluation", code, split)(state, code, self._put(split), *numbers) for split in held_out]
        sizes = [len(split) for split in held_out]
        return sum(size * float(share) for size, share in zip(sizes, shares, strict=True)) / sum(sizes)

    def _put(self, split: Split | None) -> Images | None:
        if split is None:
            return None
        return Images(*jax.device_put((split.images, split.labels), self._sources.sharding(len(split))))

    def _judge(self, name: str, code: Tree, split: Split) -> Any:
        """Returns the program of this name for a batch's shape."""
        key = name, split.images.shape
        if key not in self._judges:
            self._judges[key] = getattr(self._sources, name)(code, split.images.shape)
        return self._judges[key]

    def _program(self, kind: Kind) -> Any:
        if kind not in self._programs:
            self._programs[kind] = self._sources.step(*kind)
        return self._programs[kind]


def _kind(images: StepImages) -> Kind:
    return images.phase, _shape(images.weights), _shape(images.architecture)


def _of_size(count: int, size: int) -> Shape | None:
    return (count, size, size, 3) if count else None


def _shape(split: Split | None) -> Shape | None:
    return None if split is None else split.images.shape
