"""A small config of every algorithm, for tests that run them all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toy_search import SMALL

from econas_jax.algorithms import (
    ASHAConfig,
    HierarchicalEvolutionConfig,
    HyperbandConfig,
    LocalSearchConfig,
    RandomSearchConfig,
    RegularizedEvolutionConfig,
    SuccessiveHalvingConfig,
)

RANDOM = RandomSearchConfig(candidates=12, batch=3, epochs=6)
EVOLUTION = RegularizedEvolutionConfig(population=5, sample=3, candidates=17, batch=3, epochs=6)

HIERARCHICAL = HierarchicalEvolutionConfig(
    population=6, sample=3, candidates=18, batch=4, epochs=2, promotions_to_2e=2, promotions_to_3e=1
)
HALVING = SuccessiveHalvingConfig(candidates=9, eta=2, rungs=3, maximum_epochs=6, repetitions=2)
HYPERBAND = HyperbandConfig(maximum_epochs=4, eta=2, repetitions=1)
ASHA = ASHAConfig(rounds=7, batch=4, eta=2, rungs=3, maximum_epochs=6)
LOCAL = LocalSearchConfig(rounds=8, starts=3, batch=4, epochs=6)

# By algorithm: a small config, and the same with more rounds.
SMALL_CONFIGS: dict[str, tuple[Any, Any]] = {
    "econas": (SMALL, replace(SMALL, cycles=6)),
    "regularized_evolution": (EVOLUTION, replace(EVOLUTION, candidates=26)),
    "random": (RANDOM, replace(RANDOM, candidates=15)),
    "hierarchical_evolution": (HIERARCHICAL, replace(HIERARCHICAL, candidates=26)),
    "successive_halving": (HALVING, replace(HALVING, repetitions=3)),
    "hyperband": (HYPERBAND, replace(HYPERBAND, repetitions=2)),
    "asha": (ASHA, replace(ASHA, rounds=9)),
    "local_search": (LOCAL, replace(LOCAL, rounds=10)),
}
# Those of algorithms with a lag, with rounds enough for a lag of 3 in which candidates are trained to the end.
LAG_CONFIGS: dict[str, tuple[Any, Any]] = {
    "econas": (replace(SMALL, cycles=8), replace(SMALL, cycles=10)),
    "regularized_evolution": SMALL_CONFIGS["regularized_evolution"],
    "random": SMALL_CONFIGS["random"],
    "hierarchical_evolution": (
        replace(HIERARCHICAL, population=20, batch=2, candidates=40),
        replace(HIERARCHICAL, population=20, batch=2, candidates=44),
    ),
    "asha": (replace(ASHA, rounds=12), replace(ASHA, rounds=14)),
}
