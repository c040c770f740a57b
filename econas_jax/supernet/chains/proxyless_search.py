"""ProxylessNAS as a method of the search's loop: when weights and architecture are stepped, and what is found."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.supernet.chain_configs import ProxylessConfig
from econas_jax.supernet.chains.architecture import architecture_memory
from econas_jax.supernet.chains.cost import CostTable, multiply_add_table
from econas_jax.supernet.chains.method import ChainMethod
from econas_jax.supernet.chains.proxyless import Proxyless
from econas_jax.supernet.chains.sampling import available, shares
from econas_jax.supernet.chains.task import ChainTask
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.methods.method import Derived, Phase
from econas_jax.supernet.task import HELD_OUT, TRAINED, Batches, Measures, Moment, SupernetState, Tree
from econas_jax.training.adam import Adam
from econas_jax.training.keys import derive

WEIGHTS, ARCHITECTURE = range(2)  # phases


@dataclasses.dataclass(frozen=True)
class ProxylessSearch(ChainMethod):
    """ProxylessNAS with the cost of multiply-adds, or of latencies where there are such."""

    config: ProxylessConfig
    # The common one, and a row for each place, as numbers: they are in the repr, on which kept programs depend.
    latencies: tuple[float, tuple[tuple[float, ...], ...]] | None = None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Two: the weights along a drawn path; the architecture, in the same step as every so manieth of these."""
        size = self.task.training.batch_size
        return (
            Phase("weights", PhaseReads(None, True, 0), self.weights_step, TRAINED),
            Phase("architecture", PhaseReads(0, False, size), self.architecture_step, HELD_OUT),
        )

    def order(self, epoch: int, steps: Sequence[int]) -> list[tuple[int, ...]]:
        """Returns where the architecture is stepped: not in the warm-up, nor in the epoch after it."""
        both, every = (WEIGHTS, ARCHITECTURE), self.config.weights_steps
        searches = epoch > self.config.warmup_epochs
        return [both if searches and step % every == 0 else both[:1] for step in range(1, steps[WEIGHTS] + 1)]

    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns logits near 0 and the memory of Adam."""
        logits = self._proxyless.initial(key)
        return logits, architecture_memory(logits)

    def derived(self, architecture: Tree) -> Derived:
        """Returns the likeliest network, its multiply-adds as searched, the expected cost, a place's mean entropy."""
        space = self.task.network.space
        path = self._proxyless.found(architecture)
        drawn = np.asarray(shares(jnp.asarray(architecture), available(space)), np.float64)
        numbers = {
            "multiply_adds": self._multiply_adds.of(path),
            "expected_cost": self._costs.common + float(np.sum(self._costs.added * drawn)),
            "entropy": -float(np.sum(drawn * np.log(np.maximum(drawn, 1e-30)))) / len(drawn),
        }
        return Derived(self.text(path), space.skips(path), {"places": drawn}, numbers)

    def weights_step(
        self, task: ChainTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the weights of a path that is drawn by the shares of its candidates."""
        key = derive(moment.seed, "architecture sample", moment.epoch, moment.step, WEIGHTS)
        return task.stepped(state, self._proxyless.path(key, state.architecture), batches.weights, moment)

    def architecture_step(
        self, task: ChainTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the architecture by the gates of drawn candidates, on images that are not augmented."""
        key = derive(moment.seed, "architecture sample", moment.epoch, moment.step, ARCHITECTURE)
        held_out = task.prepared(batches.architecture)
        logits, memory, measures = self._proxyless.step(key, state.weights, state.architecture, state.memory, held_out)
        return state._replace(architecture=logits, memory=memory), measures

    @functools.cached_property
    def _proxyless(self) -> Proxyless:
        config = self.config
        return Proxyless(
            self.task.network,
            config.mode,
            Adam(config.learning_rate, 0.0, config.beta2),
            None if config.cost_loss == "none" else self._costs,
            config.reference_cost,
            "mul#log" if config.cost_loss == "none" else config.cost_loss,
            cost_weight=config.cost_weight,
            cost_exponent=config.cost_exponent,
        )

    @functools.cached_property
    def _multiply_adds(self) -> CostTable:
        network = self.task.network
        return multiply_add_table(network.space, self.task.resolution, network.num_classes)

    @functools.cached_property
    def _costs(self) -> CostTable:
        if self.latencies is None:
            return self._multiply_adds
        return CostTable(self.latencies[0], np.array(self.latencies[1]))
