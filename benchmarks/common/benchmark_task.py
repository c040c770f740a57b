"""The task that scripts train in: the shapes of CIFAR-10, any proxy; images that no result depends on are not real."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from econas_jax import SearchNetwork, Task, TrainingConfig
from econas_jax.data import Split
from econas_jax.nn import ComputeDtype
from econas_jax.training import Images, init_state
from econas_jax.training.compile.population_mesh import compiler_options

CHANNELS, RESOLUTION, CELLS, BATCH = 9, 8, 6, 384  # the proxy c4r4, N = 6
IMAGE_SIZE, CLASSES = 32, 10
EPOCHS = 60  # of the schedule, of which scripts train a few
EVALUATION_BATCH = 100


def benchmark_task(
    channels: int,
    cells_per_stage: int,
    resolution: int,
    batch: int,
    *,
    branch_free: bool = False,
    compute_dtype: ComputeDtype = "float32",
) -> Task:
    """As a search makes it."""
    network = SearchNetwork(channels, cells_per_stage, CLASSES, branch_free=branch_free, compute_dtype=compute_dtype)
    training = TrainingConfig(batch_size=batch, evaluation_batch_size=EVALUATION_BATCH)
    return Task(network, training, resolution, EPOCHS, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), seed=0)


def random_split(count: int) -> Split:
    """So many images of random bytes, with random labels."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    return Split(images, rng.integers(0, CLASSES, count, np.int32))


def random_images(count: int) -> Images:
    """`random_split` on the device."""
    split = random_split(count)
    return Images(*jax.device_put((split.images, split.labels)))


def initializer(task: Task) -> Any:
    """A jitted function from an encoded genotype to the state before the first epoch."""
    hasty = compiler_options(jax.devices()[0].platform, hasty=True)
    return jax.jit(lambda genotype: init_state(task, 0, genotype), compiler_options=hasty)
