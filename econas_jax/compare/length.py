"""How long a search has to be for a budget: found out by the algorithm itself, on accuracies that are made up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from econas_jax.algorithms import ALGORITHMS
from econas_jax.algorithms.algorithm import AlgorithmConfig
from econas_jax.compare.cost import epochs_of
from econas_jax.errors import InputError
from econas_jax.nn.network import Cost
from econas_jax.search.config import SearchConfig
from econas_jax.search.history import StageRecord
from econas_jax.search.in_memory import search_in_memory
from econas_jax.training.job import Events, Jobs, Outcome

ENDLESS = 10**9  # rounds, candidates or repetitions
IDLE_BATCHES = 30  # without a trial, after which the space counts as used up


@dataclasses.dataclass
class Spending:
    """Says of a search, batch by batch, when its budget is spent or nothing is left to train."""

    budget: float
    cost: Callable[[StageRecord], float]
    spent: float = 0.0
    _idle: int = 0

    def __call__(self, batch: Sequence[StageRecord]) -> bool:
        self._idle = 0 if batch else self._idle + 1
        self.spent += sum(map(self.cost, batch))
        return self.spent >= self.budget or self._idle >= IDLE_BATCHES


def endless(config: SearchConfig) -> SearchConfig:
    """Returns a search that its budget alone ends."""
    search: Any = config.search
    return dataclasses.replace(config, search=dataclasses.replace(search, **{search.length_field: ENDLESS}))


def first_stages(config: SearchConfig, epochs: float) -> tuple[StageRecord, ...]:
    """Returns the stages with which a search spends so many epochs, whole batches of them."""
    algorithm = ALGORITHMS[config.algorithm](config.space, endless(config).search, config.seed)
    made_up = MadeUpAccuracies(config.seed)
    spending = Spending(epochs, epochs_of)
    return search_in_memory(algorithm, Uncounted(), made_up, spending, config.rungs).stages


def with_rounds(config: SearchConfig, rounds: int) -> SearchConfig:
    """Returns the shortest search whose last round has at least this number."""
    low, high = 0, 1  # the first is too short, or the least there is
    while (found := _of_length(config, high)) is None or found.search.rounds < rounds:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        shorter = _of_length(config, middle)
        low, high = (middle, high) if shorter is None or shorter.search.rounds < rounds else (low, middle)
    found = _of_length(config, high)
    assert found is not None
    return found


def _of_length(config: SearchConfig, length: int) -> SearchConfig | None:
    """Returns the search with a value of the field that makes it longer; None where it takes more."""
    search: AlgorithmConfig = config.search
    try:
        changed: Any = dataclasses.replace(search, **{search.length_field: length})
    except InputError:
        return None
    return dataclasses.replace(config, search=changed)


class Uncounted:
    """Genotypes as they are; what their networks cost is not asked."""

    def encode(self, genotype: Any) -> Any:
        """Returns the genotype."""
        return genotype

    def cost(self, genotype: Any) -> Cost:
        """Returns nothing of a cost."""
        return Cost(0, 0)


class MadeUpAccuracies:
    """Answers every job at once with an accuracy drawn at random."""

    device_kind = "none"

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def now(self) -> float:
        """Returns 0: no time passes."""
        return 0.0

    def train(self, jobs: Jobs) -> Events:
        """Yields an outcome for each job of a queue, to which others are added meanwhile."""
        while jobs:
            job = jobs.popleft()
            yield Outcome(job.candidate, "completed", 0.0, validation_accuracy=float(self._rng.random()))
