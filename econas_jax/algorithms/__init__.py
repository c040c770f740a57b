"""Search algorithms: init / ask / tell over immutable states, without any knowledge of training."""

from typing import Any, Protocol

from econas_jax.algorithms.algorithm import (
    Algorithm,
    AlgorithmConfig,
    AlgorithmState,
    Group,
    Member,
    Result,
    Trial,
)
from econas_jax.algorithms.asha import ASHA, ASHAConfig
from econas_jax.algorithms.base import BaseAlgorithm
from econas_jax.algorithms.econas.config import EcoNASConfig
from econas_jax.algorithms.econas.econas import EcoNAS
from econas_jax.algorithms.econas.state import EcoNASState
from econas_jax.algorithms.hierarchical_evolution import HierarchicalEvolution, HierarchicalEvolutionConfig
from econas_jax.algorithms.hyperband import Hyperband, HyperbandConfig
from econas_jax.algorithms.limits import Limits, Refuse
from econas_jax.algorithms.local_search import LocalSearch, LocalSearchConfig
from econas_jax.algorithms.pipeline import Pipelined
from econas_jax.algorithms.promoting import Promoting
from econas_jax.algorithms.random_search import RandomSearch, RandomSearchConfig
from econas_jax.algorithms.regularized_evolution import RegularizedEvolution, RegularizedEvolutionConfig
from econas_jax.algorithms.successive_halving import SuccessiveHalving, SuccessiveHalvingConfig
from econas_jax.spaces.space import Space


class Kind(Protocol):
    """What makes an algorithm: its class."""

    def __call__(self, space: Space[Any], config: Any, seed: int, refuse: Refuse = ...) -> Algorithm[Any]:
        """Returns the algorithm. refuse: says which genotypes are never trained."""


# The config of each is of the class with the same key in CONFIGS.
ALGORITHMS: dict[str, Kind] = {
    "econas": EcoNAS,
    "regularized_evolution": RegularizedEvolution,
    "hierarchical_evolution": HierarchicalEvolution,
    "random": RandomSearch,
    "successive_halving": SuccessiveHalving,
    "hyperband": Hyperband,
    "asha": ASHA,
    "local_search": LocalSearch,
}
CONFIGS: dict[str, type[AlgorithmConfig]] = {
    "econas": EcoNASConfig,
    "regularized_evolution": RegularizedEvolutionConfig,
    "hierarchical_evolution": HierarchicalEvolutionConfig,
    "random": RandomSearchConfig,
    "successive_halving": SuccessiveHalvingConfig,
    "hyperband": HyperbandConfig,
    "asha": ASHAConfig,
    "local_search": LocalSearchConfig,
}

__all__ = [
    "ALGORITHMS",
    "ASHA",
    "CONFIGS",
    "ASHAConfig",
    "Algorithm",
    "AlgorithmConfig",
    "AlgorithmState",
    "BaseAlgorithm",
    "EcoNAS",
    "EcoNASConfig",
    "EcoNASState",
    "Group",
    "HierarchicalEvolution",
    "HierarchicalEvolutionConfig",
    "Hyperband",
    "HyperbandConfig",
    "Limits",
    "LocalSearch",
    "LocalSearchConfig",
    "Member",
    "Pipelined",
    "Promoting",
    "RandomSearch",
    "RandomSearchConfig",
    "Refuse",
    "RegularizedEvolution",
    "RegularizedEvolutionConfig",
    "Result",
    "SuccessiveHalving",
    "SuccessiveHalvingConfig",
    "Trial",
]
