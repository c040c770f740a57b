"""Compiles training epochs as `WaveTrainer` does and times their steps."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from benchmarks.common.benchmark_task import choose_devices, random_images
from benchmarks.common.step_command import median_seconds, turn
from econas_jax import Genotype
from econas_jax.training import Images, Task
from econas_jax.training.compile.compilation import keep_programs
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.programs import Programs


def parse(flags: argparse.ArgumentParser) -> argparse.Namespace:
    """Adds --compilation-cache to a script's flags, parses them, and sets the cache and JAX up as a search does."""
    flags.add_argument("--compilation-cache", type=Path, help="a folder of compiled programs; default: no cache")
    arguments = flags.parse_args()
    choose_devices(1)
    if arguments.compilation_cache is None:
        jax.config.update("jax_enable_compilation_cache", False)
    else:
        keep_programs(arguments.compilation_cache)
    return arguments


def encoded(genotypes: Sequence[Genotype]) -> Any:
    """Returns the genotypes as stacked arrays, as the compiled programs take them."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *[genotype.encode() for genotype in genotypes])


def programs_of(task: Task, example: Genotype, images: Images, lanes: int = 1) -> Programs:
    """Returns the programs, not yet compiled, that train `lanes` candidates at a time on the first device."""
    mesh = Mesh(np.array(jax.devices()[:1]), (POPULATION,))
    return Programs(task, mesh, lanes, example.encode(), images.images.shape, images.images.shape)


def time_waves(task: Task, waves: Sequence[Sequence[Genotype]], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch once, then times a candidate's step in every wave; all waves have the same length."""
    images, lanes = random_images(arguments.steps * arguments.batch), len(waves[0])
    start = time.perf_counter()
    programs = programs_of(task, waves[0][0], images, lanes)
    programs.compile(("epoch",))
    compile_seconds = time.perf_counter() - start
    programs.compile(("init",))
    candidates, seconds = np.arange(lanes, dtype=np.int32), []
    for wave in waves:
        genotypes = encoded(wave)
        state = programs["init"](candidates, genotypes)
        with turn(arguments):
            given = (state, programs.scratch())
            run_epoch = one_after_another(programs["epoch"], given, genotypes, images, lanes)
            seconds.append(median_seconds(run_epoch, arguments.steps, arguments.repeats) / lanes)
    return {"step_seconds": seconds, "compile_seconds": compile_seconds}


def one_after_another(
    program: Any, given: Any, genotypes: Any, images: Images, lanes: int | None = None
) -> Callable[[int], None]:
    """Returns a function that runs the epoch of a number.

    Each epoch consumes the state and scratch that the one before left; the first consumes `given`. lanes: candidates
    that the program trains, None for a program of one that has no axis for them.
    """
    shape = () if lanes is None else (lanes,)
    left = [given]

    def run_epoch(epoch: int) -> None:
        trained, metrics = program(left.pop(), genotypes, np.full(shape, epoch, np.int32), images)
        jax.block_until_ready(metrics)
        left.append(trained)

    return run_epoch
