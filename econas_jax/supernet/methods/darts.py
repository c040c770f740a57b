"""DARTS (Liu et al., 2019; `cnn/train_search.py`): the architecture is stepped first, then the weights."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
from jax.flatten_util import ravel_pytree

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.derive import by_edge, derived_genotype
from econas_jax.supernet.method_configs import DartsConfig
from econas_jax.supernet.methods.logits import LogitsMethod
from econas_jax.supernet.methods.method import Phase, Setting
from econas_jax.supernet.methods.second_order import look_ahead
from econas_jax.supernet.methods.tables import softmax
from econas_jax.supernet.steps import architecture_step, weights_step
from econas_jax.supernet.task import (
    HELD_OUT,
    TRAINED,
    Batches,
    Measures,
    Moment,
    Seen,
    SupernetState,
    SupernetTask,
    Tree,
    batch_loss,
)
from econas_jax.training.epoch import Images


@dataclasses.dataclass(frozen=True)
class Darts(LogitsMethod):
    """DARTS with logits alpha for the operations of each edge; an edge is the softmax-weighted sum of them."""

    config: DartsConfig
    setting: Setting

    @property
    def phases(self) -> tuple[Phase, ...]:
        """One: a step reads a batch of either kind."""
        return (Phase("search", PhaseReads(None, True, self.setting.batch_size), self.step, TRAINED + HELD_OUT),)

    def genotype(self, architecture: EdgeWeights) -> Genotype:
        """Returns each node with its two strongest edges, each with its strongest operation but `none`."""
        return derived_genotype(self.probabilities(architecture), by_edge)

    def step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the architecture, then the weights by the new one, on the same training batch as it looked ahead on."""
        training = task.augmented(batches.weights, "augmentation", moment)
        held_out = task.augmented(batches.architecture, "architecture augmentation", moment)
        if self.config.second_order:
            (loss, seen), gradient = self._ahead(task, state, training, held_out, moment.learning_rate)
        else:
            (loss, seen), gradient = _here(task, state, held_out)
        state = architecture_step(self.config, state, gradient)
        state, measures = weights_step(task, state, softmax(state.architecture), training, moment.learning_rate)
        return state, measures | {"architecture_loss": loss, "architecture_accuracy": seen.accuracy}

    def _ahead(
        self, task: SupernetTask, state: SupernetState, training: Images, held_out: Images, learning_rate: jax.Array
    ) -> tuple[tuple[jax.Array, Seen], Any]:
        stats = state.weights.batch_stats
        return look_ahead(
            lambda params, logits: batch_loss(task, params, stats, softmax(logits), training)[0],
            lambda params, logits: batch_loss(task, params, stats, softmax(logits), held_out),
            state.weights.params,
            state.architecture,
            lambda slope: _direction(task, state, slope),
            learning_rate,
            self.config.product,
        )


def _here(task: SupernetTask, state: SupernetState, held_out: Images) -> tuple[tuple[jax.Array, Seen], Any]:
    """Returns the held-out batch's loss and its gradient by the logits, with the weights as they are."""

    def loss(logits: EdgeWeights) -> tuple[jax.Array, Seen]:
        return batch_loss(task, state.weights.params, state.weights.batch_stats, softmax(logits), held_out)

    return jax.value_and_grad(loss, has_aux=True)(state.architecture)


def _direction(task: SupernetTask, state: SupernetState, slope: Tree) -> Tree:
    """Returns what the unrolled step takes off the weights but for the rate: SGD's, without clipping and Nesterov."""
    training = task.training
    velocity = ravel_pytree(state.weights.params)[1](state.weights.optimizer[-1].trace)

    def each(moving: jax.Array, gradient: jax.Array, value: jax.Array) -> jax.Array:
        return training.momentum * moving + gradient + training.weight_decay * value

    return jax.tree.map(each, velocity, slope, state.weights.params)
