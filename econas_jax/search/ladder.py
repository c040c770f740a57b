"""What the stages of each rung train: the networks, and what a record tells of the rung."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from econas_jax.nn.network import Cost
from econas_jax.search.rungs import Rungs


class Candidates(Protocol):
    """What a batch needs to know of genotypes; a `NetworkFamily` knows it."""

    @property
    def encode(self) -> Callable[[Any], Any]:
        """Returns a genotype as a trainer takes it."""

    @property
    def cost(self) -> Callable[[Any], Cost]:
        """Counts what a genotype's network costs."""


class Setting(NamedTuple):
    """The networks of a proxy. `proxy` and `images` stand in records where a search has more than one proxy."""

    family: Candidates
    proxy: str | None = None  # in words
    images: int | None = None  # trained on in an epoch


class Ladder:
    """The rungs of a search with their settings."""

    def __init__(self, rungs: Rungs, settings: Sequence[Setting]) -> None:
        """settings: one for each of `rungs.trainings`."""
        self.rungs = rungs
        self._settings = tuple(settings)

    def setting(self, epochs: int) -> Setting:
        """Returns that of a stage that ends after so many epochs."""
        return self._settings[self.rungs.training(epochs) if len(self._settings) > 1 else 0]

    def cost(self, genotype: Any) -> Cost:
        """Returns the most that a genotype's networks cost in any rung, by either number."""
        costs = [setting.family.cost(genotype) for setting in self._settings]
        return Cost(max(cost.parameters for cost in costs), max(cost.multiply_adds for cost in costs))
