"""The programs that train a wave: initial values, an epoch, an evaluation; compiled once for all genotypes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from econas_jax.genotype import Genotype
from econas_jax.training.by_device import POPULATION, for_each_candidate
from econas_jax.training.compilation import compile_lowered, lower_program
from econas_jax.training.epoch import Images, Task, evaluate, init_state, train_epoch
from econas_jax.training.state import TrainState

# The largest first: each takes much memory while it is compiled and keeps little.
NAMES = ("epoch", "evaluate", "init")
Shape = tuple[int, ...]


class Programs:
    """Of one mesh of devices, one number of lanes, one task and one size of the splits.

    `programs[name]` takes, each with a leading axis over the wave's slots, "init" candidate numbers and encoded
    genotypes, "epoch" states (which it consumes) and genotypes, "evaluate" states and genotypes; then, shared by all,
    "epoch" the training images and the epoch's number, "evaluate" the validation images.
    """

    def __init__(self, task: Task, mesh: Mesh, lanes: int, example: Genotype, train: Shape, validation: Shape) -> None:
        """example: its number of nodes fixes the shapes; train, validation: shapes of the splits' images."""
        slots = mesh.size * lanes
        self.shared = NamedSharding(mesh, PartitionSpec())
        self.by_candidate = NamedSharding(mesh, PartitionSpec(POPULATION))
        self.state: TrainState = jax.eval_shape(lambda: init_state(task, 0, example.encode()))

        def each(tree: Any) -> Any:
            return jax.tree.map(lambda leaf: _shape((slots, *leaf.shape), leaf.dtype, self.by_candidate), tree)

        def split(shape: Shape) -> Images:
            return Images(_shape(shape, np.uint8, self.shared), _shape(shape[:1], np.int32, self.shared))

        by_device = functools.partial(for_each_candidate, mesh, lanes)
        genotypes, states = each(example.encode()), each(self.state)
        self._jitted: dict[str, tuple[Any, ...]] = {
            "epoch": (
                by_device(functools.partial(train_epoch, task), 2, 2, donate=(0,)),
                *(states, genotypes, split(train), np.int32(0)),
            ),
            "evaluate": (
                by_device(functools.partial(evaluate, task), 2, 1),
                *(states, genotypes, split(validation)),
            ),
            "init": (
                by_device(functools.partial(init_state, task), 2, 0, hasty=True),
                *(each(np.int32(0)), genotypes),
            ),
        }
        self._lowered: dict[str, Any] = {}
        self._compiled: dict[str, Any] = {}

    def lower(self, name: str) -> Any:
        """A program before XLA's part; kept until it is compiled."""
        if name not in self._lowered:
            self._lowered[name] = lower_program(*self._jitted[name])
        return self._lowered[name]

    def compile(self, names: Sequence[str] = NAMES) -> None:
        """Those that are not compiled yet."""
        for name in names:
            if name not in self._compiled:
                self._compiled[name] = compile_lowered(self.lower(name))
                del self._lowered[name]

    def __getitem__(self, name: str) -> Any:
        return self._compiled[name]


def _shape(shape: Shape, dtype: Any, sharding: NamedSharding) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype, sharding=sharding)
