"""The populations P_E, P_2E, P_3E: their members, and how members are ranked, chosen as parents and moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from econas_jax.algorithms.algorithm import Result, Trial
from econas_jax.spaces.darts.genotype import Genotype


@dataclass(frozen=True)
class Member:
    """A trained candidate; never one whose last stage failed."""

    candidate: int
    genotype: Genotype
    parent: int | None
    accuracy: float  # validation accuracy of its last finished stage, a fraction of 1
    rung: int  # 1, 2, 3: has trained for E, 2E, 3E epochs
    updated: int  # cycle of its last finished stage


Population = tuple[Member, ...]
Populations = tuple[Population, Population, Population]


def ranked(members: Sequence[Member]) -> list[Member]:
    """Best first; of equal accuracies the older candidate comes first."""
    return sorted(members, key=lambda member: (-member.accuracy, member.candidate))


def tournament(population: Population, divisor: int, rng: np.random.Generator) -> Member:
    """The best of `len(population) // divisor + 1` members drawn with replacement (released code)."""
    draws = rng.integers(len(population), size=len(population) // divisor + 1)
    return ranked([population[draw] for draw in draws])[0]


def parent_populations(populations: Populations, shares: tuple[int, int, int]) -> list[Population]:
    """For each child of a cycle the population its parent is drawn from, in the order P_E, P_2E, P_3E.

    The share of an empty population goes to the nearest lower one that has members, else to the nearest higher one;
    all are empty only if every population is.
    """
    chosen: list[Population] = []
    for index, share in enumerate(shares):
        preferred = [*populations[index::-1], *populations[index + 1 :]]
        chosen += [next(filter(None, preferred), ())] * share
    return chosen


def settle(populations: Populations, trial: Trial, result: Result) -> Populations:
    """Moves a candidate to the population of the rung it has reached; a failed one is in no population any more."""
    moved = [tuple(member for member in members if member.candidate != trial.candidate) for members in populations]
    if result.accuracy is not None and not result.failed:
        accuracy = float(result.accuracy)
        member = Member(trial.candidate, trial.genotype, trial.parent, accuracy, trial.rung, updated=trial.cycle)
        moved[trial.rung - 1] += (member,)
    return moved[0], moved[1], moved[2]


def remove_dead(populations: Populations, cycle: int, lifetime: int) -> Populations:
    """Drops the members without a finished stage in the last `lifetime` cycles."""
    first, second, third = (
        tuple(member for member in population if cycle - member.updated < lifetime) for population in populations
    )
    return first, second, third
