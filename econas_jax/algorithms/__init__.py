"""Search algorithms: init / ask / tell over immutable states, without any knowledge of training."""

from econas_jax.algorithms.econas import EcoNAS
from econas_jax.algorithms.econas_config import EcoNASConfig
from econas_jax.algorithms.econas_state import EcoNASState
from econas_jax.algorithms.population import Member
from econas_jax.algorithms.trial import Result, SearchSpace, Trial

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
