"""The populations P_E, P_2E, P_3E: which one a parent comes from, and how members are moved and die."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from econas_jax.algorithms.algorithm import Member

Population = tuple[Member, ...]
Populations = tuple[Population, Population, Population]


def parent_populations(populations: Populations, shares: tuple[int, int, int]) -> list[Population]:
    """Returns for each child of a cycle the population its parent is drawn from, in the order P_E, P_2E, P_3E.

    The share of an empty population goes to the nearest lower one that has members, else to the nearest higher one;
    all are empty only if every population is.
    """
    chosen: list[Population] = []
    for index, share in enumerate(shares):
        preferred = [*populations[index::-1], *populations[index + 1 :]]
        chosen += [next(filter(None, preferred), ())] * share
    return chosen


def settle(populations: Populations, told: Collection[int], members: Iterable[Member], epochs: int) -> Populations:
    """Moves the candidates whose stages were told to the populations they have reached.

    members: those whose stage was completed; a failed candidate is in no population any more. epochs: E.
    """
    moved = [tuple(member for member in population if member.candidate not in told) for population in populations]
    for member in members:
        moved[member.epochs // epochs - 1] += (member,)
    return moved[0], moved[1], moved[2]


def remove_dead(
    populations: Populations, cycle: int, lifetime: int, under_way: Collection[int] = ()
) -> tuple[Populations, tuple[Member, ...]]:
    """Drops the members without a finished stage in the last `lifetime` cycles; returns those of P_E and P_2E, too.

    under_way: candidates with a stage that is not over, who do not die before it is.
    """

    def alive(member: Member) -> bool:
        return cycle - member.updated < lifetime or member.candidate in under_way

    first, second, third = (tuple(filter(alive, population)) for population in populations)
    died = [member for population in populations[:2] for member in population if not alive(member)]
    return (first, second, third), tuple(died)
