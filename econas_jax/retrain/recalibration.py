"""The running statistics of a trained network, computed anew over whole batches of one more epoch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import jax
import jax.numpy as jnp

from econas_jax.data import augment
from econas_jax.data.batches import ImageSource
from econas_jax.training.keys import derive
from econas_jax.training.network_task import NetworkTask
from econas_jax.training.recalibration import STATISTICS, recalibrated
from econas_jax.training.state import TrainState


def with_new_statistics(task: NetworkTask, state: TrainState, source: ImageSource) -> TrainState:
    """Returns the state with statistics averaged over the recipe's `recalibration_batches`; as it is if these are 0.

    The images are those of the epoch after the last, augmented as in training; no path is dropped. An epoch with fewer
    batches gives all that it has.
    """
    recipe = task.recipe
    if recipe.recalibration_batches == 0:
        return state
    batches = source.training(recipe.batch_size, task.seed, short_batch=False)

    def images() -> Iterator[jax.Array]:
        for step, batch in enumerate(itertools.islice(batches.epoch(recipe.epochs), recipe.recalibration_batches)):
            key = derive(task.seed, "augmentation", recipe.epochs, step)
            yield augment(key, jnp.asarray(batch.images), task.resolution, task.mean, task.std, recipe.augmentation)

    try:
        variables = {"params": state.params, STATISTICS: state.batch_stats}
        return state._replace(batch_stats=recalibrated(task.network, variables, images())[STATISTICS])
    finally:
        batches.close()
