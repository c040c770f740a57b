"""Which genotypes a search never trains: those above its limits, and those whose output cannot depend on the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from econas_jax.algorithms.algorithm import AlgorithmConfig
from econas_jax.algorithms.limits import Refusal, Refuse
from econas_jax.errors import require
from econas_jax.nn.network import Cost
from econas_jax.spaces.space import Space

PROBED = 1000  # random genotypes, one of which must be within the limits


def refusing(space: Space[Any], search: AlgorithmConfig, cells_per_stage: int, cost: Callable[[Any], Cost]) -> Refuse:
    """Returns what an algorithm asks before it has a genotype trained.

    search: holds the limits; cells_per_stage: N; cost: of a genotype's network (`NetworkFamily.cost`).
    """
    limited = search.max_parameters is not None or search.max_multiply_adds is not None

    def refuse(genotype: Any) -> Refusal | None:
        if not space.sees_image(genotype, cells_per_stage):
            return "blind"
        return "too_large" if limited and not _within(search, cost(genotype)) else None

    return refuse


def check_limits(space: Space[Any], search: AlgorithmConfig, cost: Callable[[Any], Cost], seed: int) -> None:
    """Raises InputError, with what is the least, where none of a thousand random genotypes is within the limits."""
    if search.max_parameters is None and search.max_multiply_adds is None:
        return
    rng = np.random.default_rng(seed)
    costs = [cost(space.sample(rng)) for _ in range(PROBED)]
    for field, values in (
        ("max_parameters", [each.parameters for each in costs]),
        ("max_multiply_adds", [each.multiply_adds for each in costs]),
    ):
        limit = getattr(search, field)
        allowed = f"at least {min(values)}, the least of {PROBED} random networks"
        require(limit is None or limit >= min(values), f"search.{field}", limit, allowed)
    allowed = f"limits, with max_multiply_adds, within which one of {PROBED} random networks is"
    require(any(_within(search, each) for each in costs), "search.max_parameters", search.max_parameters, allowed)


def _within(search: AlgorithmConfig, cost: Cost) -> bool:
    pairs = ((search.max_parameters, cost.parameters), (search.max_multiply_adds, cost.multiply_adds))
    return all(limit is None or value <= limit for limit, value in pairs)
