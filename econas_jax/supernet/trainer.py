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
from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.derive import edge_counts
from econas_jax.supernet.images import StepImages
from econas_jax.supernet.methods.method import Method
from econas_jax.supernet.programs import SupernetPrograms
from econas_jax.supernet.schedules import learning_rate
from econas_jax.supernet.task import Batches, Measures, Moment, SupernetState, SupernetTask
from econas_jax.training.compile.beside import compiled_beside
from econas_jax.training.compile.kept_program import Shape
from econas_jax.training.epoch import Images
from econas_jax.training.network_step import DATA

Kind = tuple[int, Shape | None, Shape | None]  # of a step: its phase, and the shapes of its images


class SupernetTrainer:
    """Takes the steps of a method; the programs mean what they mean on one device."""

    def __init__(
        self, task: SupernetTask, method: Method, devices: Sequence[jax.Device], epochs: int, seed: int
    ) -> None:
        """Compiles nothing yet. Raises InputError for a batch size that the devices cannot share evenly."""
        size, count = task.training.batch_size, len(devices)
        require(size % count == 0, "training.batch_size", size, f"a multiple of {count}, the number of devices")
        self.task, self.method = task, method
        self._epochs, self._seed = epochs, seed
        self._sources = SupernetPrograms(task, method, Mesh(np.array(devices), (DATA,)))
        self._programs: dict[Kind, Any] = {}
        self._evaluate: Any = None

    def shapes(self) -> SupernetState:
        """Returns the shapes of a state; raises InputError if the network cannot take the task's images."""
        return self._sources.shapes()

    def init(self, check: Callable[[], None] = lambda: None) -> SupernetState:
        """Returns the state before the first step, on every device; check: as `prepare`'s."""
        made = compiled_beside({"initial values": self._sources.init}, check)
        state: SupernetState = made["initial values"](np.int32(self._seed))
        return state

    def put(self, state: SupernetState) -> SupernetState:
        """Returns a state of host arrays on every device."""
        placed: SupernetState = jax.device_put(state, self._sources.everywhere)
        return placed

    def prepare(self, steps: Iterable[StepImages], check: Callable[[], None] = lambda: None) -> None:
        """Compiles for steps like these, at once; check: is called several times a second, and ends it by raising."""
        kinds = {kind for images in steps if (kind := _kind(images)) not in self._programs}
        self._programs |= compiled_beside({kind: functools.partial(self._sources.step, *kind) for kind in kinds}, check)

    def step(
        self, state: SupernetState, images: StepImages, epoch: int, index: int, steps: int
    ) -> tuple[SupernetState, Measures]:
        """Takes the index-th step of an epoch of so many steps; `state` is used up by it.

        Augmentations and samples depend on (seed, epoch, index) alone. Measures are means over the step.
        """
        rate = learning_rate(self.task.training, self._epochs, epoch, index / steps)
        numbers = np.float32(rate), np.float32(self.method.temperature(epoch))
        moment = Moment(np.int32(epoch), np.int32(index), *numbers, np.int32(self._seed))
        batches = Batches(self._put(images.weights), self._put(images.architecture))
        stepped: tuple[SupernetState, Measures] = self._program(_kind(images))(state, batches, moment)
        return stepped

    def accuracy(self, state: SupernetState, genotype: Genotype, number: int, split: Split) -> float:
        """Returns the accuracy of a ranking's candidate with the state's weights, on whole batches of a split.

        What does not fill a batch is left out: it would be normalised by few images. number: of the candidate, on which
        depends what may be random in it.
        """
        size = self.task.training.batch_size
        edges = EdgeWeights(*(jax.device_put(table, self._sources.everywhere) for table in edge_counts(genotype)))
        shares = []
        for begin in range(0, len(split) - size + 1, size):
            images = self._put(split.take(np.arange(begin, begin + size)))
            if self._evaluate is None:
                self._evaluate = self._sources.evaluation((size, *split.images.shape[1:]))
            shares.append(self._evaluate(state, edges, images, np.int32(self._seed), np.int32(number)))
        return float(np.mean([float(share) for share in shares]))

    def _put(self, split: Split | None) -> Images | None:
        if split is None:
            return None
        return Images(*jax.device_put((split.images, split.labels), self._sources.sharding(len(split))))

    def _program(self, kind: Kind) -> Any:
        if kind not in self._programs:
            self._programs[kind] = self._sources.step(*kind)
        return self._programs[kind]


def _kind(images: StepImages) -> Kind:
    return images.phase, _shape(images.weights), _shape(images.architecture)


def _shape(split: Split | None) -> Shape | None:
    return None if split is None else split.images.shape
