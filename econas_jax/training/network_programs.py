"""The programs that train one network on several devices: its initial values, a step and an evaluation."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

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
from econas_jax.training.epoch import Images, Metrics
from econas_jax.training.network_step import DATA, Moment, network_step
from econas_jax.training.network_task import NetworkTask, evaluated, initial_state
from econas_jax.training.state import TrainState


class NetworkPrograms:
    """Compiles the programs of a task for a mesh of devices along `DATA`; each is kept between runs.

    The task's seed is an argument of theirs, so that another seed needs no compilation.
    """

    def __init__(self, task: NetworkTask, mesh: Mesh) -> None:
        """Compiles nothing yet."""
        self._task, self._mesh = task, mesh
        self.everywhere = NamedSharding(mesh, PartitionSpec())
        self.spread = NamedSharding(mesh, PartitionSpec(DATA))
        self._platform: str = mesh.devices.flat[0].platform

    @functools.cached_property
    def shapes(self) -> TrainState:
        """The shapes of a state; raises InputError if the network cannot take the task's images."""
        shapes: TrainState = jax.eval_shape(functools.partial(initial_state, self._task, self._task.seed))
        return shapes

    def sharding(self, size: int) -> NamedSharding:
        """Returns where a batch of this size lies: shared out evenly, or else whole on every device."""
        return self.spread if size % self._mesh.size == 0 else self.everywhere

    def init(self) -> Callable[..., Any]:
        """Returns the program from a seed to the state before the first step."""
        seed, fast = placed((), np.int32, self.everywhere), compiler_options(self._platform, compile_fast=True)
        initial = functools.partial(initial_state, self._task)
        return self._kept("init", initial, (seed,), self.shapes, compiler_options=fast)

    def step(self, shape: Shape) -> Callable[..., Any]:
        """Returns the program of a step, which consumes its state; shape: of the batch's images."""
        sharding = self.sharding(shape[0])
        per_device = sharding is self.spread and self._task.recipe.statistics == "per-device"
        types = Moment(np.int32, np.int32, np.float32, np.float32, np.int32)
        moment = Moment(*(placed((), dtype, self.everywhere) for dtype in types))
        function = functools.partial(network_step, self._task, self._mesh if per_device else None)
        state = self._placed_shapes()
        arguments = (state, Images(*placed_images(shape, sharding)), moment)
        return self._kept("step", function, arguments, (state, _METRICS), consumes_first=True)

    def evaluation(self, shape: Shape) -> Callable[..., Any]:
        """Returns the program that scores a state on a batch of images with weights; shape: of the images."""
        weights = placed(shape[:1], np.float32, self.spread)
        arguments = (self._placed_shapes(), Images(*placed_images(shape, self.spread)), weights)
        return self._kept("evaluate", functools.partial(evaluated, self._task), arguments, _METRICS)

    def _kept(self, name: str, function: Callable[..., Any], arguments: Any, results: Any, **options: Any) -> Any:
        """Returns a compiled program of trees; results: a tree of the structure that it returns."""
        seedless = dataclasses.replace(self._task, seed=0)
        depends_on = depends_on_ours(self._task.network, seedless, self._mesh.size)
        options |= {"platform": self._platform, "out_shardings": self.everywhere}
        return of_trees(compile_lowered(lower_kept(name, function, arguments, depends_on, **options)), results)

    def _placed_shapes(self) -> TrainState:
        """Returns the shapes of a state that lies on every device."""
        shapes: TrainState = jax.tree.map(lambda leaf: placed(leaf.shape, leaf.dtype, self.everywhere), self.shapes)
        return shapes


_NUMBER: Any = np.float32(0)
_METRICS = Metrics(_NUMBER, _NUMBER)
