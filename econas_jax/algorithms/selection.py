"""Choosing among members: the completed ones of a batch, their ranking, tournaments, and the best functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from econas_jax.algorithms.algorithm import Member, Result, Trial
from econas_jax.spaces.space import Genotype, Space


def completed_members(answers: Iterable[tuple[Trial, Result]]) -> tuple[Member, ...]:
    """Returns the candidates as their trials left them; a failed trial gives no member."""
    return tuple(
        Member(trial.candidate, trial.genotype, trial.parent, float(result.accuracy), trial.end_epoch, trial.round)
        for trial, result in answers
        if result.accuracy is not None and not result.failed
    )


def ranked(members: Iterable[Member]) -> list[Member]:
    """Returns the members best first; of equal accuracies the older candidate comes first."""
    # By two keys one after the other, which are floats and integers: a third of the time that pairs of them take.
    by_age = sorted(members, key=attrgetter("candidate"))
    return sorted(by_age, key=attrgetter("accuracy"), reverse=True)  # equal ones stay in their order


def best_ranked(members: Sequence[Member], count: int) -> list[Member]:
    """Returns the first `count` members of `ranked`, and sorts only those that may be among them."""
    if not 0 < count < len(members):
        return ranked(members)[: max(count, 0)]
    place = len(members) - count
    lowest = float(np.partition([member.accuracy for member in members], place)[place])
    return ranked([member for member in members if member.accuracy >= lowest])[:count]


def tournament(members: Sequence[Member], draws: int, rng: np.random.Generator) -> Member:
    """Returns the best of `draws` members drawn uniformly with replacement, of equal ones the oldest."""
    drawn = [members[place] for place in rng.integers(len(members), size=draws).tolist()]
    best = max([member.accuracy for member in drawn])
    return min([member for member in drawn if member.accuracy == best], key=attrgetter("candidate"))


def best_distinct(space: Space[Any], pools: Iterable[Iterable[Member]], count: int) -> tuple[Member, ...]:
    """Returns at most `count` members with different functions: the first pool's, best first, then the next pool's."""
    distinct: dict[Genotype, Member] = {}
    for pool in pools:
        for member in ranked(pool):
            if len(distinct) >= count:
                return tuple(distinct.values())
            distinct.setdefault(space.canonical(member.genotype), member)
    return tuple(distinct.values())
