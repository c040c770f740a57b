"""A synthetic table: made-up accuracies with the traits that matter to a search, for tests, benchmarks and first steps.

It says nothing about real networks. By construction:

- Each operation on each edge has an effect drawn from a normal distribution, and so has each pair of operations on two
  edges, weaker; the sum, squashed, is the accuracy that an architecture ends at, between 70 and 95 %. Similar
  architectures so have similar accuracies, and local optima exist.
- Accuracy rises with the epochs as final * (1 - exp(-epochs / tau)). tau differs, between 4 and 12 % of all epochs, and
  is larger for architectures that end higher: few epochs rank worse than many, as a proxy does.
- Every number of epochs adds noise of its own, 0.3 % as a standard deviation; the test accuracy has another 0.2 %.
- Architectures of one function (`Space.canonical`) are equal, and one that cannot see the image stays at chance, 10 %.
- An epoch takes 1 second and up to 4 more, in proportion to the multiply-adds.
"""

from __future__ import annotations

import numpy as np

from econas_jax.errors import require_integer
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space, multiply_adds, parameters
from econas_jax.spaces.nasbench201.genotype import EDGES, OPERATIONS
from econas_jax.tables.rows import Rows
from econas_jax.tables.table import Floats, Integers, Table

CHANCE = 0.1
LOWEST, RANGE = 0.7, 0.25  # of final accuracies
SETTING = {"channels": 16, "cells_per_stage": 5, "num_classes": 10}  # the benchmark's, for the costs
RESOLUTION = 32


def synthetic_table(space: NasBench201Space, epochs: int, seed: int = 0) -> Table:
    """Makes a table up; equal arguments give equal tables. Raises InputError for less than one epoch."""
    require_integer("epochs", epochs, 1)
    require_integer("seed", seed, 0)
    rng = np.random.default_rng(seed)
    genotypes = [Rows(space).genotype(row) for row in range(len(Rows(space)))]
    representatives = [space.canonical(genotype) for genotype in genotypes]
    unlike = list(dict.fromkeys(representatives))
    place = {genotype: number for number, genotype in enumerate(unlike)}
    sees = np.array([space.sees_image(genotype, 1) for genotype in unlike])

    final = np.where(sees, LOWEST + RANGE / (1 + np.exp(-_quality(unlike, rng))), CHANCE)
    hardness = (final - final.min()) / max(float(np.ptp(final)), 1e-9)
    tau = epochs * (0.04 + 0.06 * hardness + 0.02 * rng.random(len(unlike)))
    rising = 1 - np.exp(-np.arange(1, epochs + 1) / tau[:, None])
    curves = CHANCE + (final - CHANCE)[:, None] * rising + rng.normal(0, 0.003, (len(unlike), epochs))
    tested = curves[:, -1] + rng.normal(0, 0.002, len(unlike))
    curves[~sees], tested[~sees] = CHANCE, CHANCE
    of_row = np.array([place[genotype] for genotype in representatives])
    weights, additions = _costs(genotypes)
    return Table(
        validation_accuracy=np.clip(curves, 0, 1)[of_row],
        test_accuracy=np.clip(tested, 0, 1)[of_row],
        operations=space.operations,
        seconds=1 + 4 * additions / max(int(additions.max()), 1),
        parameters=weights,
        multiply_adds=additions,
    )


def _quality(genotypes: list[Genotype], rng: np.random.Generator) -> Floats:
    """Sums up the effects of each genotype's operations and pairs of operations, with a deviation of about one."""
    places = np.array([[OPERATIONS.index(operation) for operation in genotype.operations] for genotype in genotypes])
    edges, kinds = len(EDGES), len(OPERATIONS)
    single = rng.normal(size=(edges, kinds))
    paired = rng.normal(size=(edges, edges, kinds, kinds)) * 0.4
    total = single[np.arange(edges), places].sum(axis=1)
    for first in range(edges):
        for second in range(first):
            total += paired[first, second, places[:, first], places[:, second]]
    scaled: Floats = (total - total.mean()) / max(float(total.std()), 1e-9)
    return scaled


def _costs(genotypes: list[Genotype]) -> tuple[Integers, Integers]:
    """Counts parameters and multiply-adds; they do not depend on the order of the operations."""
    known: dict[tuple[str, ...], tuple[int, int]] = {}
    for genotype in genotypes:
        key = tuple(sorted(genotype.operations))
        if key not in known:
            counted = multiply_adds(genotype, resolution=RESOLUTION, **SETTING)
            known[key] = parameters(genotype, **SETTING), counted
    pairs = np.array([known[tuple(sorted(genotype.operations))] for genotype in genotypes], np.int64)
    return pairs[:, 0], pairs[:, 1]
