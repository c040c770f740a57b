"""Search algorithms: init / ask / tell over immutable states, without any knowledge of training."""

from econas_jax.algorithms.algorithm import Result, SearchSpace, Trial
from econas_jax.algorithms.econas.config import EcoNASConfig
from econas_jax.algorithms.econas.econas import EcoNAS
from econas_jax.algorithms.econas.population import Member
from econas_jax.algorithms.econas.state import EcoNASState

ALGORITHMS = {"econas": EcoNAS}

__all__ = [
    "ALGORITHMS",
    "EcoNAS",
    "EcoNASConfig",
    "EcoNASState",
    "Member",
    "Result",
    "SearchSpace",
    "Trial",
]
