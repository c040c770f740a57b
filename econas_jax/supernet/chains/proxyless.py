"""ProxylessNAS's step of the architecture, in the paper's mode of two paths or in its code's mode of all."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.chain import ChainSupernet, Gates
from econas_jax.spaces.chain.space import Path
from econas_jax.supernet.chains.architecture import (
    adam_step_of_places,
    full_gradient,
    pair_gradient,
    pair_shares,
    rescaled,
)
from econas_jax.supernet.chains.cost import CostLoss, CostTable, expected_cost, with_cost
from econas_jax.supernet.chains.sampling import Pair, available, sample_pair, sample_path, shares
from econas_jax.training.adam import Adam, AdamMemory
from econas_jax.training.epoch import Images, loss_and_correct
from econas_jax.training.state import TrainState

Mode = Literal["two", "full"]
Measures = dict[str, jax.Array]

DEVIATION = 1e-3  # of the initial logits


@dataclasses.dataclass(frozen=True, eq=False)
class Proxyless:
    """The search for a path by binary gates (Cai et al., ProxylessNAS, 2019).

    mode: "two", the paper's: two candidates of each place are drawn, one of which is active; "full", `full_v2` of the
    code and its default: one is drawn, and the others are computed for the gradients of their gates alone.
    table: the cost of paths, or None for none; reference: the cost that is wanted, in the table's unit.
    """

    network: ChainSupernet
    mode: Mode = "two"
    adam: Adam = Adam(1e-3, 0.0, 0.999)
    table: CostTable | None = None
    reference: float = 300e6
    cost_loss: CostLoss = "mul#log"
    cost_weight: float = 0.2  # for "add#linear" the authors take 0.1
    cost_exponent: float = 0.3

    def initial(self, key: jax.Array) -> jax.Array:
        """Returns logits near 0, [places, candidates]."""
        there = available(self.network.space)
        return jnp.where(there, DEVIATION * jax.random.normal(key, there.shape), 0.0)

    def path(self, key: jax.Array, logits: jax.Array) -> jax.Array:
        """Draws the path of a step of the weights, in the warm-up, too."""
        if self.mode == "two":
            return sample_pair(key, logits, available(self.network.space)).active
        return sample_path(key, logits, available(self.network.space))

    def found(self, logits: np.ndarray) -> Path:
        """Returns, on the host, the path of the largest logits."""
        masked = np.where(available(self.network.space), logits, -np.inf)
        return tuple(int(number) for number in np.argmax(masked, axis=-1))

    def step(
        self, key: jax.Array, weights: TrainState, logits: jax.Array, memory: AdamMemory, batch: Images
    ) -> tuple[jax.Array, AdamMemory, Measures]:
        """Takes a step of the architecture by a held-out batch; the weights and their statistics stay.

        A place whose active candidate is Zero is not stepped at all, not for its cost either: the code sets its
        gradient to None.
        """
        space = self.network.space
        there = available(space)
        pair = sample_pair(key, logits, there) if self.mode == "two" else None
        active = sample_path(key, logits, there) if pair is None else pair.active

        def loss(gates: jax.Array, logits: jax.Array) -> tuple[jax.Array, Measures]:
            shown = Gates(gates, None if pair is None else pair.compared)
            variables = {"params": weights.params, "batch_stats": weights.batch_stats}
            outputs = self.network.apply(variables, batch.images, active, shown, train=True)
            losses, correct = loss_and_correct(outputs, batch.labels)
            measures = {"architecture_loss": jnp.mean(losses), "architecture_accuracy": jnp.mean(correct)}
            return self._with_cost(jnp.mean(losses), logits, pair), measures

        zeros = jnp.zeros(logits.shape)
        (of_gates, of_cost), measures = jax.grad(loss, (0, 1), has_aux=True)(zeros, logits)
        if pair is None:
            gradient = of_cost + full_gradient(logits, there, of_gates)
        else:
            gradient = of_cost + pair_gradient(logits, pair, of_gates)
        new, memory = adam_step_of_places(self.adam, logits, memory, gradient, ~_is_zero(self.network, active))
        if pair is not None:
            new = jnp.where(_is_zero(self.network, active)[:, None], logits, rescaled(logits, new, pair))
        return new, memory, measures

    def _with_cost(self, loss: jax.Array, logits: jax.Array, pair: Pair | None) -> jax.Array:
        if self.table is None:
            return loss
        if pair is None:
            drawn = shares(logits, available(self.network.space))
        else:
            rows = jnp.arange(logits.shape[0])[:, None]
            drawn = jnp.zeros_like(logits).at[rows, jnp.stack(pair, axis=-1)].set(pair_shares(logits, pair))
        expected = expected_cost(self.table, drawn)
        numbers: dict[str, Any] = {"weight": self.cost_weight, "exponent": self.cost_exponent}
        return with_cost(loss, expected, self.reference, self.cost_loss, **numbers)


def _is_zero(network: ChainSupernet, active: jax.Array) -> jax.Array:
    """Says for each place whether the active candidate leaves the block out."""
    space = network.space
    table = np.zeros((len(space.places), len(space.labels)), bool)
    for number, place in enumerate(space.places):
        table[number, : len(place)] = [not block.main for block in place]
    return jnp.asarray(table)[jnp.arange(len(table)), active]
