"""Single Path One-Shot's evolution of paths, each judged by the supernet's weights (`src/Search/search.py`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from econas_jax.errors import require, require_integer, require_number
from econas_jax.spaces.chain.space import ChainSpace, Path
from econas_jax.supernet.chains.cost import CostTable, cost_range

TRIES = 10  # draws for each child that is asked for, as in the code; a small space may have no more new ones
MOST_RANDOM = 10_000  # draws in a row without a new path that is cheap enough, before a search gives up


class Ranked(NamedTuple):
    """A path and its accuracy, a fraction of 1, with the supernet's weights."""

    path: Path
    accuracy: float


@dataclasses.dataclass(frozen=True)
class Evolution:
    """How paths evolve (Guo et al., 2020, Algorithm 1). Raises InputError for wrong values."""

    members: int = 50  # of a generation
    generations: int = 20
    parents: int = 10  # the best of all generations so far
    mutations: int = 25  # of a generation; the rest is drawn at random
    crossovers: int = 25
    probability: float = 0.1  # that a mutation draws a place's candidate anew
    limit: float | None = 330e6  # of the cost; None: any

    def __post_init__(self) -> None:
        for name in ("members", "generations", "parents"):
            require_integer(name, getattr(self, name), 1)
        for name in ("mutations", "crossovers"):
            require_integer(name, getattr(self, name), 0)
        children = self.mutations + self.crossovers
        allowed = f"at most members, {self.members}, with crossovers"
        require(children <= self.members, "mutations", self.mutations, allowed)
        require_number("probability", self.probability, lambda value: 0 <= value <= 1, "a number in [0, 1]")


def evolve(
    space: ChainSpace,
    table: CostTable,
    accuracies: Callable[[Sequence[Path]], Sequence[float]],
    evolution: Evolution,
    seed: int,
) -> tuple[Ranked, ...]:
    """Returns all paths that were judged, best first; of equals the earlier one. No path is judged twice.

    accuracies: judges the paths of a generation. What is drawn depends on seed, generation and accuracies alone. Raises
    InputError where no path is cheap enough.
    """
    check_limit(evolution, space, table)
    judged: list[Ranked] = []
    for generation in range(evolution.generations):
        rng = np.random.default_rng((seed, generation))
        seen = {ranked.path for ranked in judged}
        paths = _generation(space, table, evolution, _best(judged)[: evolution.parents], seen, rng)
        if not paths:  # every path of a small space is judged
            break
        judged += map(Ranked, paths, map(float, accuracies(paths)))
    return tuple(_best(judged))


def check_limit(evolution: Evolution, space: ChainSpace, table: CostTable) -> None:
    """Raises InputError where no path is cheap enough."""
    if evolution.limit is not None:
        cheapest = cost_range(space, table)[0]
        allowed = f"at least {cheapest:g}, the cost of the cheapest path"
        require_number("limit", evolution.limit, lambda limit: limit >= cheapest, allowed)


def _best(judged: Sequence[Ranked]) -> list[Ranked]:
    return sorted(judged, key=lambda ranked: -ranked.accuracy)


def _generation(
    space: ChainSpace,
    table: CostTable,
    evolution: Evolution,
    parents: Sequence[Ranked],
    seen: set[Path],
    rng: np.random.Generator,
) -> list[Path]:
    """Returns the paths of a generation: none that is dear, seen before, or there twice."""

    def chosen(draws: Iterator[Path], count: int) -> Iterator[Path]:
        for path in draws:
            if count == 0:
                return
            if path not in seen and (evolution.limit is None or table.of(path) <= evolution.limit):
                seen.add(path)
                count -= 1
                yield path

    def mutants() -> Iterator[Path]:
        for _ in range(evolution.mutations * TRIES):
            yield space.mutate(parents[int(rng.integers(len(parents)))].path, evolution.probability, rng)

    def crossed() -> Iterator[Path]:
        for _ in range(evolution.crossovers * TRIES):
            one, other = (parents[number].path for number in rng.integers(len(parents), size=2))
            yield tuple(np.where(rng.random(len(one)) < 0.5, one, other).tolist())

    paths: list[Path] = []
    if parents:
        paths += chosen(mutants(), evolution.mutations)
        paths += chosen(crossed(), evolution.crossovers)
    for _ in range(evolution.members - len(paths)):
        found = list(chosen((space.sample(rng) for _ in range(MOST_RANDOM)), 1))
        if not found:
            break
        paths += found
    return paths
