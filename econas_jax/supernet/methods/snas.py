"""SNAS (Xie et al., 2019; SNAS-Series): weights and architecture are stepped from one pass, on all images."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import optax

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.costs import cell_costs
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.derive import by_edge_with_none, derived_genotype
from econas_jax.supernet.method_configs import SnasConfig
from econas_jax.supernet.methods.logits import LogitsMethod
from econas_jax.supernet.methods.method import Phase, Setting
from econas_jax.supernet.methods.sampling import soft_sample
from econas_jax.supernet.steps import architecture_step
from econas_jax.supernet.task import (
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
from econas_jax.training.keys import derive
from econas_jax.training.optimizer import apply_gradient


@dataclasses.dataclass(frozen=True)
class Snas(LogitsMethod):
    """SNAS with logits for the operations of each edge; a soft sample of them weighs the operations of a pass."""

    MEAN = 1.0
    DEVIATION = 0.01

    config: SnasConfig
    setting: Setting

    @property
    def phases(self) -> tuple[Phase, ...]:
        """One: a step reads a batch, and steps both kinds of weights by it."""
        return (Phase("search", PhaseReads(None, True, 0), self.step, (*TRAINED, "cost")),)

    def temperature(self, epoch: int) -> float:
        """Falls in equal steps to the last epoch's, one of them before the first epoch."""
        done = (epoch + 1) / self.setting.proxy.epochs
        return self.config.first_temperature + done * (self.config.last_temperature - self.config.first_temperature)

    def genotype(self, architecture: EdgeWeights) -> Genotype:
        """Returns each node with its two strongest edges, each with its strongest operation, which may be `none`."""
        return derived_genotype(self.probabilities(architecture), by_edge_with_none)

    def step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps weights and architecture by the gradient of one loss, the cost included."""
        key = derive(moment.seed, "architecture sample", moment.epoch, moment.step)
        training = task.augmented(batches.weights, "augmentation", moment)

        def loss(params: Tree, logits: EdgeWeights) -> tuple[jax.Array, tuple[jax.Array, jax.Array, Seen]]:
            sample = soft_sample(key, logits, moment.temperature)
            fit, seen = batch_loss(task, params, state.weights.batch_stats, sample, training)
            cost = self._cost(sample)
            return fit + self.config.cost_weight * jnp.log(cost), (fit, cost, seen)

        gradients, (fit, cost, seen) = jax.grad(loss, (0, 1), has_aux=True)(state.weights.params, state.architecture)
        weights = apply_gradient(task.optimizer(), moment.learning_rate, state.weights, gradients[0], seen.batch_stats)
        clipped, _ = optax.clip_by_global_norm(self.config.gradient_clip).update(gradients[1], optax.EmptyState())
        state = architecture_step(self.config, state._replace(weights=weights), clipped)
        return state, {"train_loss": fit, "train_accuracy": seen.accuracy, "cost": cost}

    def _cost(self, sample: EdgeWeights) -> jax.Array:
        """Returns the cost of a soft sample: of each operation as much as its weight says."""
        proxy, network = self.setting.proxy, self.setting.network
        costs = cell_costs(proxy.channels, network.cells, network.nodes, proxy.resolution)
        return sum((jnp.sum(table * cost) for table, cost in zip(sample, costs, strict=True)), jnp.zeros(()))
