"""The programs of a search inside a supernet: initial values, and the step of each phase; kept between runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from econas_jax.supernet.methods.method import SupernetMethod
from econas_jax.supernet.task import Batches, Moment, SupernetState, Task, Tree
from econas_jax.training.compile.compilation import compile_lowered
from econas_jax.training.compile.kept_program import (
    Shape,
    depends_on_ours,
    lower_kept,
    of_trees,
    placed,
    placed_images,
)
from econas_jax.training.compile.population_mesh import compiler_options
from econas_jax.training.epoch import Images
from econas_jax.training.keys import derive
from econas_jax.training.network_step import DATA

_TYPES = Moment(np.int32, np.int32, np.float32, np.float32, np.int32)


def initial_state(task: Task, method: SupernetMethod, seed: jax.Array | int) -> SupernetState:
    """Returns the state before the first step, which depends on the seed, the network and the method alone."""
    weights = method.initial_weights(task, derive(seed, "initial values", 0))
    return SupernetState(weights, *method.initial(derive(seed, "architecture values")))


def candidate_accuracy(
    task: Task,
    method: SupernetMethod,
    state: SupernetState,
    code: Tree,
    images: Images,
    seed: jax.Array | int,
    number: jax.Array | int,
) -> jax.Array:
    """Returns the accuracy of the candidate of this number in the ranking, on a batch as stored."""
    return method.accuracy(task, state, code, images, derive(seed, "hypernetwork noise", number))


class SupernetPrograms:
    """Compiles the programs of a method for a mesh of devices along `DATA`."""

    def __init__(self, task: Task, method: SupernetMethod, mesh: Mesh) -> None:
        """Compiles nothing yet."""
        self._task, self._method, self._mesh = task, method, mesh
        self.everywhere = NamedSharding(mesh, PartitionSpec())
        self.spread = NamedSharding(mesh, PartitionSpec(DATA))
        self._platform: str = mesh.devices.flat[0].platform

    @functools.cached_property
    def shapes(self) -> SupernetState:
        """The shapes of a state; raises InputError if the network cannot take the task's images."""
        return jax.eval_shape(functools.partial(initial_state, self._task, self._method, 0))

    def sharding(self, size: int) -> NamedSharding:
        """Returns where a batch of this size lies: shared out evenly, or else whole on every device."""
        return self.spread if size % self._mesh.size == 0 else self.everywhere

    def init(self) -> Callable[..., Any]:
        """Returns the program from a seed to the state before the first step."""
        seed, fast = placed((), np.int32, self.everywhere), compiler_options(self._platform, compile_fast=True)
        initial = functools.partial(initial_state, self._task, self._method)
        return self._kept("init", initial, (seed,), self.shapes, compiler_options=fast)

    def step(self, phase: int, weights: Shape | None, architecture: Shape | None) -> Callable[..., Any]:
        """Returns the program of a phase's step, which consumes its state; the shapes are those of its images."""
        images = Batches(*(None if shape is None else self._images(shape) for shape in (weights, architecture)))
        moment = Moment(*(placed((), dtype, self.everywhere) for dtype in _TYPES))
        part = self._method.phases[phase]
        arguments = (self._placed(self.shapes), images, moment)
        results = (self.shapes, dict.fromkeys(part.measures, 0.0))
        step = functools.partial(part.step, self._task)
        return self._kept(f"{part.name}_step", step, arguments, results, consumes_first=True)

    def evaluation(self, code: Tree, shape: Shape) -> Callable[..., Any]:
        """Returns the program that takes what `candidate_accuracy` does after the method; shape: of the images."""
        number = placed((), np.int32, self.everywhere)
        evaluate = functools.partial(candidate_accuracy, self._task, self._method)
        arguments = (*self._placed((self.shapes, code)), self._images(shape), number, number)
        return self._kept("evaluate", evaluate, arguments, 0.0)

    def calibration(self, code: Tree, shape: Shape) -> Callable[..., Any]:
        """Returns the program of the task's `calibrated` for images of this shape."""
        running = self.shapes.weights.batch_stats
        trees = self._placed((self.shapes, running, code))
        number = placed((), np.float32, self.everywhere)
        return self._kept("calibrate", self._task.calibrated, (*trees, self._images(shape), number), running)

    def _placed(self, trees: Tree) -> Any:
        return jax.tree.map(lambda leaf: placed(leaf.shape, leaf.dtype, self.everywhere), trees)

    def _images(self, shape: Shape) -> Images:
        return Images(*placed_images(shape, self.sharding(shape[0])))

    def _kept(self, name: str, function: Callable[..., Any], arguments: Any, results: Any, **options: Any) -> Any:
        """Returns a compiled program of trees; results: a tree of the structure that it returns.

        The structure is given, and not asked of the function: that would trace what is kept so as not to be traced.
        """

        announced = jax.tree.structure(results)

        def checked(*given: Any) -> Any:
            returned = function(*given)
            structure: Any = jax.tree.structure(returned)
            if structure != announced:
                raise TypeError(f"{name} returns {structure} where {announced} was announced")
            return returned

        depends_on = depends_on_ours(self._task.network, self._task, self._method, self._mesh.size)
        options |= {"platform": self._platform, "out_shardings": self.everywhere}
        return of_trees(compile_lowered(lower_kept(name, checked, arguments, depends_on, **options)), results)
