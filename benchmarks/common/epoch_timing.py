"""Compiles training epochs as `WaveTrainer` does and times their steps, for scripts that differ in what they train."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from benchmark_task import random_images
from jax.sharding import Mesh
from step_command import median_seconds, turn

from econas_jax import Genotype
from econas_jax.training import Images, Task
from econas_jax.training.compile.compilation import keep_programs
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.devices import set_up
from econas_jax.training.programs import Programs


def parse(flags: argparse.ArgumentParser) -> argparse.Namespace:
    """Adds --compilation-cache to a script's flags, parses them, and sets the cache and JAX up as a search does."""
    flags.add_argument("--compilation-cache", type=Path, help="a folder of compiled programs; without it there is none")
    arguments = flags.parse_args()
    set_up(1)
    if arguments.compilation_cache is None:
        jax.config.update("jax_enable_compilation_cache", False)
    else:
        keep_programs(arguments.compilation_cache)
    return arguments


def time_waves(task: Task, waves: Sequence[Sequence[Genotype]], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch for one device, once, then times a candidate's step in every wave; waves: of one length."""
    split, lanes = random_images(arguments.steps * arguments.batch), len(waves[0])
    mesh = Mesh(np.array(jax.devices()[:1]), (POPULATION,))
    shape = split.images.shape
    start = time.perf_counter()
    programs = Programs(task, mesh, lanes, waves[0][0], shape, shape)
    programs.compile(("epoch",))
    compile_seconds = time.perf_counter() - start
    programs.compile(("init",))
    candidates, seconds = np.arange(lanes, dtype=np.int32), []
    for wave in waves:
        genotypes = jax.tree.map(lambda *leaves: np.stack(leaves), *[genotype.encode() for genotype in wave])
        state = programs["init"](candidates, genotypes)
        with turn(arguments):
            run_epoch = one_after_another(programs["epoch"], (state, programs.scratch()), genotypes, split)
            seconds.append(median_seconds(run_epoch, arguments.steps, arguments.repeats) / lanes)
    return {"step_seconds": seconds, "compile_seconds": compile_seconds}


def one_after_another(program: Any, given: Any, genotypes: Any, split: Images) -> Callable[[int], None]:
    """Runs the epoch of a number. Each consumes what the one before handed on, the first one the state and scratch that
    are given.
    """
    handed_on = [given]

    def run_epoch(epoch: int) -> None:
        trained, metrics = program(handed_on.pop(), genotypes, split, np.int32(epoch))
        jax.block_until_ready(metrics)
        handed_on.append(trained)

    return run_epoch
