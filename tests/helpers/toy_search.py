"""A search without training, for tests: a space of small cells, made-up accuracies, and a loop over all phases."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator

import numpy as np

from econas_jax.algorithms import EcoNAS, EcoNASConfig, EcoNASState, Result, Trial
from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype

Accuracy = Callable[[Genotype, int], float | None]  # of a genotype after so many epochs


class ToySpace:
    """Cells of one node that reads inputs 0 and 1: 8^4 texts, but only as many functions as `operations` allow."""

    def __init__(self, operations: tuple[str, ...]) -> None:
        self.operations = operations

    def sample(self, rng: np.random.Generator) -> Genotype:
        return self.genotype(rng.integers(len(self.operations), size=4).tolist())

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        edges = genotype.normal.edges + genotype.reduce.edges
        places = [self.operations.index(edge.operation) for edge in edges]
        shift = 1 + int(rng.integers(len(self.operations) - 1))
        edge = int(rng.integers(4))
        places[edge] = (places[edge] + shift) % len(self.operations)
        return self.genotype(places)

    def genotype(self, places: list[int]) -> Genotype:
        first, second, third, fourth = (self.operations[place] for place in places)
        return Genotype(
            CellGenotype((Edge(first, 0), Edge(second, 1)), (2,)), CellGenotype((Edge(third, 0), Edge(fourth, 1)), (2,))
        )


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


def checksum(genotype: Genotype, epochs: int) -> int:
    return zlib.crc32(f"{genotype} {epochs}".encode())


def made_up(genotype: Genotype, epochs: int) -> float:
    """Looks random, grows with the epochs, and has ties."""
    return round(0.3 + epochs / 200 + checksum(genotype, epochs) / 2**32 * 0.3, 2)


def often_failing(genotype: Genotype, epochs: int) -> float | None:
    """Every fifth stage diverges, in one of the ways a number can tell it."""
    noise = checksum(genotype, epochs)
    return [None, math.nan, math.inf][noise % 3] if noise % 5 == 0 else made_up(genotype, epochs)


def run(
    algorithm: EcoNAS, accuracy: Accuracy, state: EcoNASState | None = None
) -> Iterator[tuple[EcoNASState, tuple[Trial, ...], EcoNASState]]:
    """Every phase of a search as (state asked in, trials, state after they are told)."""
    state = state or algorithm.init()
    while not algorithm.done(state):
        asked, trials = algorithm.ask(state)
        results = [Result(trial.candidate, accuracy(trial.genotype, trial.end_epoch)) for trial in trials]
        state = algorithm.tell(asked, results[::-1])  # in any order
        yield asked, trials, state


def last_state(algorithm: EcoNAS, accuracy: Accuracy) -> EcoNASState:
    return list(run(algorithm, accuracy))[-1][2]
