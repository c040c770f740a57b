"""What a search algorithm deals in: a space to draw from, trials it asks for, results it is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from econas_jax.spaces.darts.genotype import Genotype


class SearchSpace(Protocol):
    """All an algorithm needs to know of a space; every random number comes from the generator passed in."""

    def sample(self, rng: np.random.Generator) -> Genotype:
        """A random genotype."""

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        """A genotype one step away, never the same one."""


@dataclass(frozen=True)
class Trial:
    """One stage of training: take a candidate from `start_epoch` epochs in all to `end_epoch`, then validate it."""

    candidate: int
    genotype: Genotype
    parent: int | None  # candidate it was mutated from; None: drawn at random
    cycle: int  # in which the stage is trained; 0 is the initial population
    rung: int  # 1, 2, 3: after the stage the candidate has trained for E, 2E, 3E epochs
    start_epoch: int  # 0: train from scratch, else go on from the candidate's checkpoint
    end_epoch: int


@dataclass(frozen=True)
class Result:
    """The validation accuracy after a trial, a fraction of 1; None or not finite: training diverged."""

    candidate: int
    accuracy: float | None

    @property
    def failed(self) -> bool:
        return self.accuracy is None or not math.isfinite(self.accuracy)


def pair_results(trials: Sequence[Trial], results: Sequence[Result]) -> list[tuple[Trial, Result]]:
    """Each trial with its result, in the order of the trials.

    Raises ValueError unless there is exactly one result for every trial and none for anything else.
    """
    answered = sorted(result.candidate for result in results)
    asked = sorted(trial.candidate for trial in trials)
    if answered != asked:
        raise ValueError(f"results for the candidates {answered} do not answer the trials of the candidates {asked}")
    by_candidate = {result.candidate: result for result in results}
    return [(trial, by_candidate[trial.candidate]) for trial in trials]
