"""Times the steps of a compiled training epoch, for scripts that differ in how they compile it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import jax
import numpy as np
from step_command import median_seconds

from econas_jax.training import Images
from econas_jax.training.compilation import keep_programs


def parse(flags: argparse.ArgumentParser) -> argparse.Namespace:
    """Adds --compilation-cache to a script's flags, parses them, and sets the cache up."""
    flags.add_argument("--compilation-cache", type=Path, help="a folder of compiled programs; without it there is none")
    arguments = flags.parse_args()
    if arguments.compilation_cache is None:
        jax.config.update("jax_enable_compilation_cache", False)
    else:
        keep_programs(arguments.compilation_cache)
    return arguments


def step_seconds(program: Any, state: Any, genotype: Any, split: Images, arguments: argparse.Namespace) -> float:
    """The median of a step; the program consumes the state, as all epochs do."""
    states = [state]

    def run_epoch(repeat: int) -> None:
        state, metrics = program(states.pop(), genotype, split, np.int32(repeat))
        jax.block_until_ready(metrics)
        states.append(state)

    return median_seconds(run_epoch, arguments.steps, arguments.repeats)
