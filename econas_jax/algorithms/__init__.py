"""Search algorithms: init / ask / tell over immutable states, without any knowledge of training."""

from collections.abc import Callable
from typing import Any

from econas_jax.algorithms.algorithm import (
    Algorithm,
    AlgorithmConfig,
    AlgorithmState,
    Group,
    Member,
    Result,
    Trial,
)
from econas_jax.algorithms.base import BaseAlgorithm
from econas_jax.algorithms.econas.config import EcoNASConfig
from econas_jax.algorithms.econas.econas import EcoNAS
from econas_jax.algorithms.econas.state import EcoNASState
from econas_jax.algorithms.random_search import RandomSearch, RandomSearchConfig
from econas_jax.algorithms.regularized_evolution import RegularizedEvolution, RegularizedEvolutionConfig
from econas_jax.spaces.space import Space

# Each is made from (space, config, seed); its config is of the class with the same key in CONFIGS.
ALGORITHMS: dict[str, Callable[[Space[Any], Any, int], Algorithm[Any]]] = {
    "econas": EcoNAS,
    "regularized_evolution": RegularizedEvolution,
    "random": RandomSearch,
}
CONFIGS: dict[str, type[AlgorithmConfig]] = {
    "econas": EcoNASConfig,
    "regularized_evolution": RegularizedEvolutionConfig,
    "random": RandomSearchConfig,
}

__all__ = [
    "ALGORITHMS",
    "CONFIGS",
    "Algorithm",
    "AlgorithmConfig",
    "AlgorithmState",
    "BaseAlgorithm",
    "EcoNAS",
    "EcoNASConfig",
    "EcoNASState",
    "Group",
    "Member",
    "RandomSearch",
    "RandomSearchConfig",
    "RegularizedEvolution",
    "RegularizedEvolutionConfig",
    "Result",
    "Trial",
]
