"""What a search needs of a method: what it learns beside the weights, the phases of an epoch, and what it finds."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.proxy import Proxy
from econas_jax.supernet.config import NetworkConfig
from econas_jax.supernet.course import PhaseReads, one_after_another
from econas_jax.supernet.derive import Shares, Table, skips
from econas_jax.supernet.history import EpochRecord
from econas_jax.supernet.ranking import Ranked
from econas_jax.supernet.result import Found, cell_found
from econas_jax.supernet.task import Batches, Measures, Moment, SupernetState, SupernetTask, Tree, batch_accuracy
from econas_jax.training.epoch import Images
from econas_jax.training.state import TrainState

# From a task of the method's own kind, a state, a batch and a moment.
Step = Callable[[Any, SupernetState, Batches, Moment], tuple[SupernetState, Measures]]


class Phase(NamedTuple):
    """A part of every epoch: steps of one kind. The measures of a step are means over its images."""

    name: str
    reads: PhaseReads
    step: Step
    measures: tuple[str, ...]  # the names of those that a step returns, so that a kept program need not be traced


class Derived(NamedTuple):
    """What an architecture stands for after an epoch, for the history."""

    genotype: str | None  # None: the method learns none
    skips: int | None  # operations of it that do nothing
    tables: Mapping[str, Table]  # how much each operation counts, by the names that the history has for tables
    numbers: Mapping[str, float]  # more that is told, by name


class Judging(NamedTuple):
    """How candidates are judged by running statistics made for each of them."""

    batch_size: int
    batches: int  # of images for the weights, for the statistics


class SupernetMethod(abc.ABC):
    """A way to search inside a supernet. All functions are pure, and what they depend on is in the repr."""

    @property
    @abc.abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """The phases of an epoch; the first trains the weights."""

    @abc.abstractmethod
    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns the architecture before the first step and the memory, trees of float32."""

    def initial_weights(self, task: Any, key: jax.Array) -> TrainState:
        """Returns the weights before the first step. task: of the method's own kind."""
        weights: TrainState = task.initial(key)
        return weights

    @abc.abstractmethod
    def accuracy(self, task: Any, state: SupernetState, code: Tree, images: Images, key: jax.Array) -> jax.Array:
        """Returns a candidate's accuracy with a state's weights on a batch as stored.

        code: the candidate as arrays; key: of what is random in its weights.
        """

    @abc.abstractmethod
    def derived(self, architecture: Tree) -> Derived:
        """Returns, on the host, what an architecture stands for."""

    @abc.abstractmethod
    def described(self, genotype: str, epoch: int, accuracy: float | None = None) -> Found:
        """Returns a genotype of the history or of a ranking as a result of the search, found after an epoch."""

    def text(self, genotype: Any) -> str:
        """Returns the text of a genotype that is ranked."""
        return str(genotype)

    def order(self, epoch: int, steps: Sequence[int]) -> Sequence[tuple[int, ...]]:
        """Returns the phases that each step of an epoch takes. steps: of each phase."""
        return one_after_another(epoch, steps)

    def temperature(self, epoch: int) -> float:
        """Returns the temperature of an epoch's samples; 1 where there is none."""
        return 1.0

    @property
    def judging(self) -> Judging | None:
        """How candidates are judged; None: on whole batches as in training, by each one's own statistics."""
        return None

    def rank(self, architecture: Tree, seed: int, judge: Callable[[Any], Ranked]) -> None:
        """Has candidates judged, one after another, by the supernet's weights; none for most methods.

        judge: from a genotype to its line of the ranking. Which candidates these are depends on the arguments alone.
        """
        return  # without any

    def found(self, history: Sequence[EpochRecord]) -> tuple[Found, ...]:
        """Returns what a search without candidates ends with, best first; none where no epoch is done."""
        last = history[-1] if history else None
        return () if last is None or last.genotype is None else (self.described(last.genotype, last.epoch),)


class Setting(NamedTuple):
    """What a method for cells knows of its search, besides its own config."""

    proxy: Proxy
    network: NetworkConfig
    batch_size: int


class Method(SupernetMethod):
    """A way to search for cells."""

    @abc.abstractmethod
    def probabilities(self, architecture: Tree) -> Shares | None:
        """Returns, on the host, how much each operation of each edge counts; None where nothing is learnt of it."""

    @abc.abstractmethod
    def genotype(self, architecture: Tree) -> Genotype | None:
        """Returns, on the host, the cells that an architecture stands for; None where it stands for none."""

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

    def initial_weights(self, task: SupernetTask, key: jax.Array) -> TrainState:
        """Returns those of the network's parameters that are learnt."""
        return task.initial(key, self.learnt)

    def accuracy(
        self, task: SupernetTask, state: SupernetState, code: EdgeWeights, images: Images, key: jax.Array
    ) -> jax.Array:
        """Returns the accuracy by the batch's own statistics."""
        params = self.ranked_params(state, code, key)
        return batch_accuracy(task, params, state.weights.batch_stats, code, images)

    def derived(self, architecture: Tree) -> Derived:
        """Returns the cells, the skip-connects of the normal one, and the tables of both."""
        genotype, shares = self.genotype(architecture), self.probabilities(architecture)
        tables = {} if shares is None else shares._asdict()
        if genotype is None:
            return Derived(None, None, tables, {})
        return Derived(str(genotype), skips(genotype.normal), tables, {})

    def described(self, genotype: str, epoch: int, accuracy: float | None = None) -> Found:
        """Returns cells with their skip-connects and their parameters in a retraining."""
        return cell_found(genotype, epoch, accuracy)

    def rank(self, architecture: Tree, seed: int, judge: Callable[[Any], Ranked]) -> None:
        """Has all candidates judged, and then further ones."""
        ranking = [judge(genotype) for genotype in self.candidates(architecture, seed)]
        while (genotype := self.further(ranking, seed)) is not None:
            ranking.append(judge(genotype))
