"""Makes a function of one candidate one of many: every device on its own, with one or more candidates on each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import Mesh, PartitionSpec

POPULATION = "population"  # the mesh axis over candidates

# A graph replaces the wait of the host that a conditional costs otherwise. XLA makes none of less than five kernels in
# a row, and between the copies of a loop's body most of our conditionals stand alone.
GPU_OPTIONS: dict[str, bool | int | str] = {"xla_gpu_graph_min_graph_size": 1}

# Most of LLVM's optimization left out: what draws the initial values compiles in seconds instead of half a minute, and
# draws the same to the bit (tested). At level 0 it does not always.
CPU_FAST_COMPILATION: dict[str, bool | int | str] = {"xla_backend_optimization_level": 1}


def for_each_candidate(
    mesh: Mesh,
    lanes: int,
    function: Callable[..., Any],
    by_candidate: int,
    shared: int,
) -> Callable[..., Any]:
    """The function of one candidate, for len(mesh) * lanes of them.

    mesh: devices along POPULATION; lanes: candidates a device runs at once, by `vmap`. The first `by_candidate`
    arguments and all results have a leading axis of candidates; `shared` arguments after them are the same for all.
    """

    def local(*arguments: Any) -> Any:
        if lanes > 1:
            return jax.vmap(function, in_axes=(0,) * by_candidate + (None,) * shared)(*arguments)
        own = jax.tree.map(lambda leaf: leaf[0], arguments[:by_candidate])
        results = function(*own, *arguments[by_candidate:])
        return jax.tree.map(lambda leaf: leaf[None], results)

    specs = (PartitionSpec(POPULATION),) * by_candidate + (PartitionSpec(),) * shared
    # check_vma=False: a skip's branch returns its input, whose "varying" type differs from the other branches'
    mapped: Callable[..., Any] = jax.shard_map(
        local, mesh=mesh, in_specs=specs, out_specs=PartitionSpec(POPULATION), check_vma=False
    )
    return mapped


def compiler_options(platform: str, compile_fast: bool) -> dict[str, bool | int | str] | None:
    """Returns XLA's options for a program on devices of this platform.

    compile_fast: compiled soon rather than fast, for a function that runs once for each candidate.
    """
    if platform in ("gpu", "cuda"):
        return GPU_OPTIONS
    return CPU_FAST_COMPILATION if platform == "cpu" and compile_fast else None
