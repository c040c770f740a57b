"""The network families by the names of their spaces: the one place that knows which networks train a space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from econas_jax.errors import require
from econas_jax.nn.darts.family import DartsFamily
from econas_jax.nn.nasbench201.family import NasBench201Family
from econas_jax.nn.network import NetworkFamily, NetworkSettings
from econas_jax.spaces.space import Space

FAMILIES: dict[str, Callable[[Any, NetworkSettings], NetworkFamily[Any]]] = {
    "darts": DartsFamily,
    "nasbench201": NasBench201Family,
}


def network_family(space: Space[Any], settings: NetworkSettings) -> NetworkFamily[Any]:
    """Returns the family of all networks of a space; raises InputError for a space or settings without one."""
    require(space.name in FAMILIES, "space.name", space.name, f"one of {', '.join(FAMILIES)}")
    return FAMILIES[space.name](space, settings)
