"""What XLA is told: programs that run once are compiled in haste, and compute the same."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from econas_jax import SearchNetwork, Task, TrainingConfig
from econas_jax.spaces.darts import DartsSpace
from econas_jax.training import init_state
from econas_jax.training.compile.population_mesh import GPU_OPTIONS, compiler_options

NODES = 3  # the fewest there are: compilation is the cost


@pytest.mark.slow
def test_initial_values_compiled_in_haste_are_the_same_bits() -> None:
    example = DartsSpace(nodes=NODES).sample(np.random.default_rng(0)).encode()
    network = SearchNetwork(2, 1, num_classes=3, nodes=NODES)
    task = Task(network, TrainingConfig(), 4, 3, (0.5,) * 3, (0.25,) * 3, seed=0)

    def values(compile_fast: bool) -> list[bytes]:
        options = {"xla_cpu_use_fusion_emitters": True, **(compiler_options("cpu", compile_fast) or {})}  # as a search
        init = jax.jit(lambda genotype: init_state(task, 0, genotype), compiler_options=options)
        return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(init(example))]

    assert values(compile_fast=True) == values(compile_fast=False)


def test_haste_is_for_cpus() -> None:
    assert compiler_options("cpu", compile_fast=False) is None
    assert compiler_options("cuda", compile_fast=True) == compiler_options("gpu", compile_fast=False) == GPU_OPTIONS
