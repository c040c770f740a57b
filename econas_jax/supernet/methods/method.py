"""What a search needs of a method: what it learns beside the weights, the phases of an epoch, and its cell."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.proxy import Proxy
from econas_jax.supernet.config import NetworkConfig
from econas_jax.supernet.derive import Shares
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.images import PhaseReads
from econas_jax.supernet.ranking import Ranked
from econas_jax.supernet.result import Found, last_found
from econas_jax.supernet.task import Batches, Measures, Moment, SupernetState, SupernetTask, Tree

Step = Callable[[SupernetTask, SupernetState, Batches, Moment], tuple[SupernetState, Measures]]


class Setting(NamedTuple):
    """What a method knows of its search, besides its own config."""

    proxy: Proxy
    network: NetworkConfig
    batch_size: int


class Phase(NamedTuple):
    """A part of every epoch: steps of one kind. The measures of a step are means over its images."""

    name: str
    reads: PhaseReads
    step: Step


class Method(abc.ABC):
    """A way to search inside a supernet. All functions are pure, and what they depend on is in the repr."""

    @property
    @abc.abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """The phases of an epoch, in their order; the first trains the weights."""

    @abc.abstractmethod
    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns the architecture before the first step and the memory, trees of float32."""

    @abc.abstractmethod
    def probabilities(self, architecture: Tree) -> Shares | None:
        """Returns, on the host, how much each operation of each edge counts; None where nothing is learnt of it."""

    @abc.abstractmethod
    def genotype(self, architecture: Tree) -> Genotype | None:
        """Returns, on the host, the cells that an architecture stands for; None where it stands for none."""

    def temperature(self, epoch: int) -> float:
        """Returns the temperature of an epoch's samples; 1 where there is none."""
        return 1.0

    def candidates(self, architecture: Tree, seed: int) -> tuple[Genotype, ...]:
        """Returns the genotypes that are ranked at the end by the supernet's weights; none for most methods."""
        return ()

    def further(self, ranking: Sequence[Ranked], seed: int) -> Genotype | None:
        """Returns one more genotype to rank, found from those that are ranked: `candidates`, and what this returned.

        None where no more is to be ranked: for most methods at once.
        """
        return None

    def learnt(self, params: Tree) -> Tree:
        """Returns which of the network's parameters the weights are: all for most methods."""
        return params

    def ranked_params(self, state: SupernetState, edges: EdgeWeights, key: jax.Array) -> Tree:
        """Returns the network's parameters by which a candidate is ranked: the weights for most methods.

        edges: the candidate's. key: of what is random in the parameters.
        """
        return state.weights.params

    def found(self, history: Sequence[EpochRecord]) -> tuple[Found, ...]:
        """Returns what a search without candidates ends with, best first; none where no epoch is done."""
        return last_found(history)
