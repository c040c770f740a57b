"""What XLA is told: programs that run once are compiled in haste, and compute the same."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from waves import EXAMPLE

from econas_jax import SearchNetwork, Task, TrainingConfig
from econas_jax.training import init_state
from econas_jax.training.compile.population_mesh import GPU_OPTIONS, compiler_options


@pytest.mark.slow  # half a minute where the default has not been compiled before
def test_initial_values_compiled_in_haste_are_the_same_bits() -> None:
    task = Task(SearchNetwork(4, 1, 10), TrainingConfig(), 8, 3, (0.5,) * 3, (0.25,) * 3, seed=0)

    def values(compile_fast: bool) -> list[bytes]:
        init = jax.jit(
            lambda genotype: init_state(task, 0, genotype), compiler_options=compiler_options("cpu", compile_fast)
        )
        return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(init(EXAMPLE))]

    assert values(compile_fast=True) == values(compile_fast=False)


def test_haste_is_for_cpus() -> None:
    assert compiler_options("cpu", compile_fast=False) is None
    assert compiler_options("cuda", compile_fast=True) == compiler_options("gpu", compile_fast=False) == GPU_OPTIONS
