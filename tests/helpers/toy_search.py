"""A search without training, for tests: a space of small cells, made-up accuracies, and a loop over all phases."""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from econas_jax.algorithms import Algorithm, AlgorithmState, EcoNASConfig, Member, Result, Trial
from econas_jax.algorithms.algorithm import oldest_batch
from econas_jax.errors import require
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype
from econas_jax.spaces.space import Diagram
from econas_jax.spaces.space import Genotype as AnyGenotype

Accuracy = Callable[[Any, int], float | None]  # of a genotype after a number of epochs
S = TypeVar("S", bound=AlgorithmState)


@dataclass(frozen=True)
class ToySpace:
    """Cells of one node that reads inputs 0 and 1: 8^4 texts, but only as many functions as `operations` allow."""

    operations: tuple[str, ...]
    name: str = "toy"

    def sample(self, rng: np.random.Generator) -> Genotype:
        return self.genotype(rng.integers(len(self.operations), size=4).tolist())

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        places = self.places(genotype)
        shift = 1 + int(rng.integers(len(self.operations) - 1))
        edge = int(rng.integers(4))
        places[edge] = (places[edge] + shift) % len(self.operations)
        return self.genotype(places)

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        places = self.places(genotype)
        for edge in range(4):
            for place in range(len(self.operations)):
                if place != places[edge]:
                    yield self.genotype([*places[:edge], place, *places[edge + 1 :]])

    def parse(self, text: str) -> Genotype:
        genotype = Genotype.parse(text)
        self.check(genotype)
        return genotype

    def check(self, genotype: Genotype) -> None:
        edges = genotype.normal.edges + genotype.reduce.edges
        known = all(edge.operation in self.operations for edge in edges)
        require(known and self.genotype(self.places(genotype)) == genotype, "genotype", genotype, "one of the toy's")

    def check_trainable(self) -> None:
        pass

    def canonical(self, genotype: Genotype) -> Genotype:
        return canonical(genotype)

    def sees_image(self, genotype: Genotype, cells_per_stage: int) -> bool:
        return True

    def size(self) -> int:
        return len(self.operations) ** 4

    def diagrams(self, genotype: Genotype) -> tuple[Diagram, ...]:
        return ()

    def places(self, genotype: Genotype) -> list[int]:
        return [self.operations.index(edge.operation) for edge in genotype.normal.edges + genotype.reduce.edges]

    def genotype(self, places: list[int]) -> Genotype:
        first, second, third, fourth = (self.operations[place] for place in places)
        return Genotype(
            CellGenotype((Edge(first, 0), Edge(second, 1)), (2,)), CellGenotype((Edge(third, 0), Edge(fourth, 1)), (2,))
        )


canonical = functools.cache(Genotype.canonical)  # asked a thousand times where a space is used up

LARGE = ToySpace(("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3"))
TINY = ToySpace(("skip_connect", "sep_conv_3x3"))  # 16 functions
SMALL = EcoNASConfig(
    initial_population=5,
    cycles=4,
    children=4,
    promotions_to_2e=2,
    promotions_to_3e=1,
    parents_per_population=(2, 1, 1),
    tournament_divisor=2,
    lifetime=2,
    epochs=10,
)


def make_member(
    candidate: int,
    accuracy: float,
    updated: int = 0,
    epochs: int = 10,
    places: Sequence[int] = (0, 0, 0, 0),
    parent: int | None = None,
) -> Member:
    return Member(candidate, LARGE.genotype(list(places)), parent, accuracy, epochs, updated)


def checksum(genotype: AnyGenotype, epochs: int) -> int:
    return zlib.crc32(f"{genotype} {epochs}".encode())


def made_up(genotype: AnyGenotype, epochs: int) -> float:
    """Looks random, grows with the epochs, and has ties."""
    return round(0.3 + epochs / 200 + checksum(genotype, epochs) / 2**32 * 0.3, 2)


def often_failing(genotype: AnyGenotype, epochs: int) -> float | None:
    """Makes every fifth stage diverge, in one of the ways a number can tell it."""
    noise = checksum(genotype, epochs)
    return [None, math.nan, math.inf][noise % 3] if noise % 5 == 0 else made_up(genotype, epochs)


def always_failing(genotype: AnyGenotype, epochs: int) -> None:
    """Makes every stage fail."""


def answer(trials: Sequence[Trial], accuracy: Accuracy) -> list[Result]:
    return [Result(trial.candidate, accuracy(trial.genotype, trial.end_epoch)) for trial in trials]


def run(
    algorithm: Algorithm[S], accuracy: Accuracy, state: S | None = None
) -> Iterator[tuple[S, tuple[Trial, ...], S]]:
    """Yields every batch of a search as (state asked in, its trials, state after they are told)."""
    state = state or algorithm.init()
    while not algorithm.done(state):
        asked, _ = algorithm.ask(state)
        trials = oldest_batch(asked)
        state = algorithm.tell(asked, answer(trials, accuracy)[::-1])  # in any order
        yield asked, trials, state


def last_state(algorithm: Algorithm[S], accuracy: Accuracy) -> S:
    return list(run(algorithm, accuracy))[-1][2]
