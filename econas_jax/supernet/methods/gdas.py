"""GDAS (Dong & Yang, 2019; D-X-Y/AutoDL-Projects): the weights are stepped first, then the architecture."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.derive import by_operation, derived_genotype
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.method_configs import GdasConfig
from econas_jax.supernet.methods.logits import LogitsMethod
from econas_jax.supernet.methods.method import Phase, Setting
from econas_jax.supernet.methods.sampling import hard_sample
from econas_jax.supernet.result import Found, best_found
from econas_jax.supernet.steps import architecture_step, chosen_weights_step
from econas_jax.supernet.task import (
    HELD_OUT,
    TRAINED,
    Batches,
    Measures,
    Moment,
    Seen,
    SupernetState,
    SupernetTask,
    batch_loss,
)
from econas_jax.training.keys import derive


@dataclasses.dataclass(frozen=True)
class Gdas(LogitsMethod):
    """GDAS with logits for the operations of each edge; a pass computes one operation an edge."""

    config: GdasConfig
    setting: Setting

    @property
    def phases(self) -> tuple[Phase, ...]:
        """One: a step reads a batch of either kind."""
        return (Phase("search", PhaseReads(None, True, self.setting.batch_size), self.step, TRAINED + HELD_OUT),)

    def temperature(self, epoch: int) -> float:
        """Falls in equal steps from the first epoch's to the last one's."""
        done = epoch / max(1, self.setting.proxy.epochs - 1)
        return self.config.first_temperature + done * (self.config.last_temperature - self.config.first_temperature)

    def genotype(self, architecture: EdgeWeights) -> Genotype:
        """Returns each node with its two strongest pairs of an input and an operation but `none`."""
        return derived_genotype(self.probabilities(architecture), by_operation)

    def found(self, history: Sequence[EpochRecord]) -> tuple[Found, ...]:
        """Returns the genotype after the epoch that `final` names."""
        return best_found(history) if self.config.final == "best" else super().found(history)

    def step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the weights by one sample of operations, then the architecture by another."""
        keys = [derive(moment.seed, "architecture sample", moment.epoch, moment.step, number) for number in range(2)]
        training = task.augmented(batches.weights, "augmentation", moment)
        held_out = task.augmented(batches.architecture, "architecture augmentation", moment)
        edges = hard_sample(keys[0], state.architecture, moment.temperature)
        state, measures = chosen_weights_step(task, state, edges, training, moment.learning_rate)

        def loss(logits: EdgeWeights) -> tuple[jax.Array, Seen]:
            sample = hard_sample(keys[1], logits, moment.temperature)
            return batch_loss(task, state.weights.params, state.weights.batch_stats, sample, held_out)

        (value, seen), gradient = jax.value_and_grad(loss, has_aux=True)(state.architecture)
        state = architecture_step(self.config, state, gradient)
        return state, measures | {"architecture_loss": value, "architecture_accuracy": seen.accuracy}
