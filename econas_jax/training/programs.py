"""The programs that train a wave: initial values, an epoch, an evaluation; compiled once for all genotypes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
from econas_jax.training.compile.population_mesh import POPULATION, compiler_options, for_each_candidate
from econas_jax.training.epoch import (
    Images,
    Metrics,
    Scratch,
    Task,
    empty_scratch,
    evaluate,
    init_state,
    train_epoch_within,
)
from econas_jax.training.state import TrainState

# The largest first: each takes much memory while it is compiled and keeps little.
NAMES = ("epoch", "evaluate", "init")


class _Source(NamedTuple):
    """The source of a program. arguments: a tree of shapes; results: a tree whose structure the results have.

    consumes: whether the first argument's memory becomes the results'; compile_fast: as in `compiler_options`.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    results: Any
    consumes: bool = False
    compile_fast: bool = False


class Programs:
    """The compiled programs for one device mesh, lane count, task and data-set size.

    `programs[name]` takes, each with a leading axis over the wave's slots, "init" candidate numbers and architectures,
    "epoch" a pair of states and scratch (which it consumes), architectures and numbers of epochs, "evaluate" states and
    architectures; then, shared by all, "epoch" the training images and "evaluate" the validation images.
    """

    def __init__(self, task: Task, mesh: Mesh, lanes: int, example: Any, train: Shape, validation: Shape) -> None:
        """Compiles nothing yet. example: an architecture's arrays; train, validation: shapes of the splits' images."""
        slots = mesh.size * lanes
        self.shared = NamedSharding(mesh, PartitionSpec())
        self.by_candidate = NamedSharding(mesh, PartitionSpec(POPULATION))
        self.state: TrainState = jax.eval_shape(lambda: init_state(task, 0, example))
        self._platform: str = mesh.devices.flat[0].platform
        self._depends_on = depends_on_ours(task.network, task, lanes)

        def each(tree: Any) -> Any:
            return jax.tree.map(lambda leaf: placed((slots, *leaf.shape), leaf.dtype, self.by_candidate), tree)

        def split(shape: Shape) -> Images:
            return Images(*placed_images(shape, self.shared))

        by_device = functools.partial(for_each_candidate, mesh, lanes)
        genotypes, states, number = each(example), each(self.state), each(np.float32(0))
        self._scratch = each(jax.eval_shape(lambda: empty_scratch(task)))
        trained = (states, self._scratch)
        metrics = Metrics(number, number)
        self._sources = {
            "epoch": _Source(
                by_device(functools.partial(train_epoch_within, task), 3, 1),
                (trained, genotypes, each(np.int32(0)), split(train)),
                (trained, metrics),
                consumes=True,
            ),
            "evaluate": _Source(
                by_device(functools.partial(evaluate, task), 2, 1),
                (states, genotypes, split(validation)),
                metrics,
            ),
            "init": _Source(
                by_device(functools.partial(init_state, task), 2, 0),
                (each(np.int32(0)), genotypes),
                states,
                compile_fast=True,
            ),
        }
        self._compiled: dict[str, Callable[..., Any]] = {}

    def scratch(self) -> Scratch:
        """New memory for "epoch", which returns it for the next one. From the host: nothing need be compiled for it."""
        empty = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), self._scratch)
        memory: Scratch = jax.device_put(empty, self.by_candidate)
        return memory

    def lower(self, name: str) -> Any:
        """A program before XLA's part; its arguments and results are the leaves of those of `programs[name]`."""
        function, arguments, _, consumes, compile_fast = self._sources[name]
        return lower_kept(
            name,
            function,
            arguments,
            self._depends_on,
            platform=self._platform,
            consumes_first=consumes,
            out_shardings=self.by_candidate,
            compiler_options=compiler_options(self._platform, compile_fast),
        )

    def compile(self, names: Sequence[str] = NAMES) -> None:
        """Compiles the named programs that are not compiled yet."""
        for name in names:
            if name not in self._compiled:
                self._compiled[name] = of_trees(compile_lowered(self.lower(name)), self._sources[name].results)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self._compiled[name]
