"""ENAS (Pham et al., 2018) on the cells of DARTS: shared weights for an epoch, then the controller for some steps."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.derive import Shares, counted_genotype
from econas_jax.supernet.method_configs import EnasConfig
from econas_jax.supernet.methods.controller import Params, initial_controller, most_likely, sampled
from econas_jax.supernet.methods.method import Method, Phase, Setting
from econas_jax.supernet.methods.reinforce import moved_baselines, reinforce_loss
from econas_jax.supernet.steps import chosen_weights_step
from econas_jax.supernet.task import (
    TRAINED,
    Batches,
    Measures,
    Moment,
    SupernetState,
    SupernetTask,
    Tree,
    batch_accuracy,
)
from econas_jax.training.adam import Adam, AdamMemory, adam_memory, adam_step
from econas_jax.training.epoch import Images
from econas_jax.training.keys import derive

SHOWN = 100  # samples from which it is told how much each operation counts
EPSILON = 1e-3  # of Adam, the authors'
CONTROLLER = ("architecture_accuracy", "entropy", "baseline")  # measures of a controller's step


class Memory(NamedTuple):
    """What the controller's training remembers."""

    adam: AdamMemory
    baseline: jax.Array  # of rewards


@dataclasses.dataclass(frozen=True)
class Enas(Method):
    """ENAS: a controller draws cells that train on shared weights; its reward is their accuracy on held-out images."""

    config: EnasConfig
    setting: Setting

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Two: the weights, by one pair of drawn cells a step; the controller, by several a step."""
        images = self.config.samples * self.config.reward_images
        return (
            Phase("weights", PhaseReads(None, True, 0), self.weights_step, TRAINED),
            Phase(
                "controller", PhaseReads(self.config.controller_steps, False, images), self.controller_step, CONTROLLER
            ),
        )

    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns a new controller, and its memory with a baseline of 0."""
        params = initial_controller(key)
        return params, Memory(adam_memory(params), jnp.zeros(()))

    def probabilities(self, architecture: Params) -> Shares:
        """Returns how often the controller's samples use each operation of each edge."""
        keys = jax.random.split(jax.random.key(0), SHOWN)
        return Shares(
            *(np.mean(table, axis=0) for table in _host(_draws(architecture, keys, self.setting.network.nodes)))
        )

    def genotype(self, architecture: Params) -> Genotype:
        """Returns the cells of the likeliest choices."""
        return counted_genotype(_host(_likeliest(architecture, self.setting.network.nodes)))

    def candidates(self, architecture: Params, seed: int) -> tuple[Genotype, ...]:
        """Returns cells that the trained controller draws."""
        keys = jax.random.split(derive(seed, "architecture sample"), self.config.candidates)
        tables = _host(_draws(architecture, keys, self.setting.network.nodes))
        return tuple(counted_genotype(Shares(*pair)) for pair in zip(*tables, strict=True))

    def weights_step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the weights of the cells that the controller draws."""
        key = derive(moment.seed, "architecture sample", moment.epoch, moment.step)
        edges = sampled(state.architecture, key, task.nodes).edges
        training = task.augmented(batches.weights, "augmentation", moment)
        return chosen_weights_step(task, state, edges, training, moment.learning_rate)

    def controller_step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the controller by the rewards of several samples, each on images of its own."""
        key = derive(moment.seed, "architecture sample", moment.epoch, moment.step)
        keys = jax.random.split(key, self.config.samples)
        drawn = jax.vmap(lambda each: sampled(state.architecture, each, task.nodes))(keys)
        accuracies = self._accuracies(task, state, drawn.edges, batches)
        rewards = accuracies + self.config.entropy_weight * drawn.entropy
        baseline, baselines = moved_baselines(state.memory.baseline, rewards, self.config.baseline_rate)

        def loss(params: Params) -> jax.Array:
            log_probabilities = jax.vmap(lambda each: sampled(params, each, task.nodes).log_probability)(keys)
            return reinforce_loss(log_probabilities, rewards, baselines)

        gradient = jax.grad(loss)(state.architecture)
        adam = Adam(self.config.learning_rate, self.config.beta1, self.config.beta2, self.config.weight_decay, EPSILON)
        architecture, memory = adam_step(adam, state.architecture, state.memory.adam, gradient)
        measures = dict(zip(CONTROLLER, (jnp.mean(accuracies), jnp.mean(drawn.entropy), baseline), strict=True))
        return state._replace(architecture=architecture, memory=Memory(memory, baseline)), measures

    def _accuracies(self, task: SupernetTask, state: SupernetState, edges: EdgeWeights, batches: Batches) -> jax.Array:
        """Returns the accuracy of each sample on its own share of the batch."""
        assert batches.architecture is not None  # a phase says what its steps read
        count = self.config.samples
        shares = jax.tree.map(lambda leaf: leaf.reshape(count, -1, *leaf.shape[1:]), batches.architecture)

        def accuracy(given: tuple[EdgeWeights, Images]) -> jax.Array:
            own, share = given
            return batch_accuracy(task, state.weights.params, state.weights.batch_stats, own, share)

        return jax.lax.map(accuracy, (edges, shares))


# Compiled once for all epochs.
@functools.partial(jax.jit, static_argnames="nodes")
def _draws(params: Params, keys: jax.Array, nodes: int) -> EdgeWeights:
    return jax.vmap(lambda key: sampled(params, key, nodes).edges)(keys)


@functools.partial(jax.jit, static_argnames="nodes")
def _likeliest(params: Params, nodes: int) -> EdgeWeights:
    return most_likely(params, nodes).edges


def _host(edges: EdgeWeights) -> Shares:
    return Shares(np.asarray(edges.normal), np.asarray(edges.reduction))
