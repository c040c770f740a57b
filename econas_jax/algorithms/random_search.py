"""Random search: every candidate is drawn from the whole space, and each is trained once, for equally many epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from econas_jax.algorithms.algorithm import AlgorithmState, Group, Member, Result, Trial
from econas_jax.algorithms.base import BaseAlgorithm, TrainsOnce
from econas_jax.algorithms.drawing import draw_candidates, no_parent
from econas_jax.algorithms.pipeline import Pipelined
from econas_jax.algorithms.selection import completed_members
from econas_jax.errors import require, require_integer


@dataclass(frozen=True)
class RandomSearchConfig(Pipelined, TrainsOnce):
    """How many candidates are drawn and how long they train; raises InputError for values that make no search.

    The defaults take 60,000 candidate-epochs, about as many as EcoNAS's do.
    """

    length_field: ClassVar[str] = "candidates"

    candidates: int = 1000  # in all, rounded up to whole batches
    batch: int = 20  # candidates that are asked for at once, which makes a round
    epochs: int = 60  # of each candidate; the proxy c4r4s0e60 is the paper's choice (section 3)
    skip_repeats: bool = True  # never train two genotypes of one function

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("candidates", self.candidates, 1)
        require_integer("batch", self.batch, 1)
        # A batch that is cut short could not be filled up when the search is made longer.
        object.__setattr__(self, "candidates", self.candidates + -self.candidates % self.batch)
        require_integer("epochs", self.epochs, 1)
        require(isinstance(self.skip_repeats, bool), "skip_repeats", self.skip_repeats, "True or False")

    @property
    def rounds(self) -> int:
        """The number of the last round; the first is 0."""
        return self.candidates // self.batch - 1


@dataclass(frozen=True)
class RandomSearchState(AlgorithmState):
    """Everything a random search needs to go on, except its space, config and seed."""

    members: tuple[Member, ...] = ()  # all candidates that were trained to the end, in the order they were drawn


class RandomSearch(BaseAlgorithm[RandomSearchState, RandomSearchConfig]):
    """The search as pure functions from state to state; a round is a batch."""

    def init(self) -> RandomSearchState:
        """Returns the state before the first batch."""
        return RandomSearchState()

    def propose(self, state: RandomSearchState) -> RandomSearchState:
        """Returns the state with the next batch of random candidates pending."""
        return draw_candidates(
            self.gate,
            state,
            [no_parent] * self.config.batch,
            seed=self.seed,
            phase="random candidates",
            epochs=self.config.epochs,
        )

    def settle(self, state: RandomSearchState, answers: Sequence[tuple[Trial, Result]]) -> RandomSearchState:
        """Adds the candidates that did not fail, and ends the round."""
        return replace(state, members=state.members + completed_members(answers), round=state.round + 1)

    def groups(self, state: RandomSearchState) -> tuple[Group, ...]:
        """Returns all candidates that were trained to the end, as one group."""
        return (Group("candidates", self.config.epochs, state.members),)
