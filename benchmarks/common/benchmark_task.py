"""The training task of the benchmarks: any proxy on random images of CIFAR-10's shape."""

from __future__ import annotations

import os
from typing import Any

import jax
import numpy as np

from benchmarks.common.step_command import SETTING
from econas_jax import SearchNetwork, Task, TrainingConfig
from econas_jax.data import Split
from econas_jax.nn import ComputeDtype
from econas_jax.training import Images, init_state
from econas_jax.training.compile.population_mesh import compiler_options
from econas_jax.training.process.worker_process import environment

CHANNELS, RESOLUTION, CELLS, BATCH = SETTING.values()
IMAGE_SIZE, CLASSES = 32, 10
EPOCHS = 60  # of the learning rate's schedule; scripts train only a few
EVALUATION_BATCH = 100


def choose_devices(count: int) -> list[jax.Device]:
    """Sets JAX up as a search's workers do and returns `count` devices of this process.

    It has to be called before anything else touches JAX.
    """
    os.environ["XLA_FLAGS"] = environment(os.environ)["XLA_FLAGS"]
    jax.config.update("jax_num_cpu_devices", count)
    return jax.local_devices()[:count]


def benchmark_task(
    channels: int = CHANNELS,
    cells_per_stage: int = CELLS,
    resolution: int = RESOLUTION,
    batch: int = BATCH,
    *,
    branch_free: bool = False,
    compute_dtype: ComputeDtype = "float32",
) -> Task:
    """Returns the task that a search would train in."""
    network = SearchNetwork(channels, cells_per_stage, CLASSES, branch_free=branch_free, compute_dtype=compute_dtype)
    training = TrainingConfig(batch_size=batch, evaluation_batch_size=EVALUATION_BATCH)
    return Task(network, training, resolution, EPOCHS, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), seed=0)


def random_split(count: int) -> Split:
    """Returns `count` images of random bytes with random labels; what images hold does not change the work."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    return Split(images, rng.integers(0, CLASSES, count, np.int32))


def random_images(count: int) -> Images:
    """Returns `random_split` on the device."""
    split = random_split(count)
    return Images(*jax.device_put((split.images, split.labels)))


def initializer(task: Task) -> Any:
    """Returns a jitted function from an encoded genotype to the state before the first epoch."""
    options = compiler_options(jax.devices()[0].platform, compile_fast=True)
    return jax.jit(lambda genotype: init_state(task, 0, genotype), compiler_options=options)
