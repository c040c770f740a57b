"""SMASH (Brock et al., 2018) on the cells of DARTS: a hypernetwork makes the 1x1 kernels of random cells.

Every step trains the other weights and the hypernetwork by one random pair of cells. At the end random cells are ranked
with the kernels that are made for them, then perturbations of the best, then steps from the best so far.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import numpy as np

from econas_jax.nn.darts.supernet import EdgeWeights, Hypernetwork, with_pointwise, without_pointwise
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype
from econas_jax.supernet.method_configs import SmashConfig
from econas_jax.supernet.methods.method import Setting
from econas_jax.supernet.methods.one_shot import OPERATIONS, OneShot, uniform_edges
from econas_jax.supernet.ranking import Ranked
from econas_jax.supernet.steps import chosen_alone
from econas_jax.supernet.task import Batches, Measures, Moment, Seen, SupernetState, SupernetTask, Tree, batch_loss
from econas_jax.training.adam import Adam, adam_memory, adam_step
from econas_jax.training.keys import derive
from econas_jax.training.optimizer import apply_gradient

EPSILON = 1e-4  # of Adam, the authors'


@dataclasses.dataclass(frozen=True)
class Smash(OneShot):
    """SMASH: what is learnt beside the weights is a hypernetwork, by Adam."""

    config: SmashConfig
    setting: Setting

    @property
    def hypernetwork(self) -> Hypernetwork:
        """The function from a pair of cells to kernels."""
        network, own = self.setting.network, self.config.hypernetwork
        return Hypernetwork(self.setting.proxy.channels, network.cells, network.nodes, own.layers, own.growth)

    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns a new hypernetwork, and Adam's memory."""
        weights = self.hypernetwork.init(key)
        return weights, adam_memory(weights)

    def learnt(self, params: Tree) -> Tree:
        """Returns all but the operations' 1x1 kernels."""
        return without_pointwise(params)

    def ranked_params(self, state: SupernetState, edges: EdgeWeights, key: jax.Array) -> Tree:
        """Returns the weights and the kernels that the hypernetwork makes."""
        return with_pointwise(state.weights.params, self.hypernetwork.kernels(state.architecture, edges, key))

    def step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the weights and the hypernetwork by a random pair of cells and new noise."""
        edges = uniform_edges(derive(moment.seed, "architecture sample", moment.epoch, moment.step), task.nodes)
        noise = derive(moment.seed, "hypernetwork noise", moment.epoch, moment.step)
        training = task.augmented(batches.weights, "augmentation", moment)
        before = state.weights

        def loss(weights: Tree, hypernetwork: Tree) -> tuple[jax.Array, Seen]:
            params = with_pointwise(weights, self.hypernetwork.kernels(hypernetwork, edges, noise))
            return batch_loss(task, params, before.batch_stats, edges, training)

        differentiated = jax.value_and_grad(loss, (0, 1), has_aux=True)
        (value, seen), (of_weights, of_hypernetwork) = differentiated(before.params, state.architecture)
        after = apply_gradient(task.optimizer(), moment.learning_rate, before, of_weights, seen.batch_stats)
        own = self.config.hypernetwork
        rate = own.learning_rate / task.training.learning_rate * moment.learning_rate
        adam = Adam(rate, own.beta1, own.beta2, own.weight_decay, EPSILON)
        stepped = adam_step(adam, state.architecture, state.memory, of_hypernetwork)
        measures = {"train_loss": value, "train_accuracy": seen.accuracy}
        return SupernetState(chosen_alone(before, after, edges), *stepped), measures

    def further(self, ranking: Sequence[Ranked], seed: int) -> Genotype | None:
        """Returns a perturbation of the best random cells, and after so many of these one of the best of all."""
        number, random, perturbations = len(ranking), self.config.candidates, self.config.perturbations
        if number >= random + perturbations + self.config.markov_steps:
            return None
        origins = ranking[:random] if number < random + perturbations else ranking
        best = max(origins, key=lambda each: each.accuracy)  # the first of equals
        rng = np.random.default_rng([seed, self.config.candidates, number])
        return perturbed(Genotype.parse(best.genotype), self.config.perturbation, rng)


def perturbed(genotype: Genotype, probability: float, rng: np.random.Generator) -> Genotype:
    """Changes each edge's operation and input with a probability, and at least one of them, so that cells differ.

    What is changed becomes any other value of its choice but the operation `none`.
    """
    sizes = np.array([_choices(cell) for cell in (genotype.normal, genotype.reduce)])  # [cells, edges, 2]
    changed = rng.random(sizes.shape) < probability
    changed.flat[rng.integers(changed.size)] |= not changed.any()
    shifts = np.where(changed, rng.integers(1, sizes), 0)
    cells = [
        dataclasses.replace(cell, edges=tuple(map(_shifted, cell.edges, *moved.T.tolist(), size[:, 1].tolist())))
        for cell, moved, size in zip((genotype.normal, genotype.reduce), shifts, sizes, strict=True)
    ]
    return Genotype(*cells)


def _choices(cell: CellGenotype) -> list[tuple[int, int]]:
    """Counts the operations and the inputs that each edge may have."""
    return [(len(OPERATIONS), CELL_INPUTS + place // 2) for place in range(len(cell.edges))]


def _shifted(edge: Edge, operation: int, source: int, inputs: int) -> Edge:
    """Moves an operation and an input on by so many places, round and round."""
    number = (OPERATIONS.index(edge.operation) + operation) % len(OPERATIONS)
    return Edge(OPERATIONS[number], (edge.input + source) % inputs)
