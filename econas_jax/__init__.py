"""Neural architecture search with economical proxies, compiled once: EcoNAS (CVPR 2020) in JAX.

The public names below are imported when first used, so that `import econas_jax` costs nothing and a job imports only
what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from econas_jax.algorithms import EcoNAS, EcoNASConfig
    from econas_jax.data import load_dataset
    from econas_jax.errors import InputError
    from econas_jax.genotype import Genotype
    from econas_jax.nn import CellNetwork, SearchNetwork, specialize
    from econas_jax.proxy import Proxy
    from econas_jax.search import SearchConfig, run_search
    from econas_jax.spaces import DartsSpace
    from econas_jax.training import Job, Task, TrainingConfig, WaveTrainer

__version__ = "0.1.0"

_HOMES = {
    "CellNetwork": "nn",
    "DartsSpace": "spaces",
    "EcoNAS": "algorithms",
    "EcoNASConfig": "algorithms",
    "Genotype": "genotype",
    "InputError": "errors",
    "Job": "training",
    "Proxy": "proxy",
    "SearchConfig": "search",
    "SearchNetwork": "nn",
    "Task": "training",
    "TrainingConfig": "training",
    "WaveTrainer": "training",
    "load_dataset": "data",
    "run_search": "search",
    "specialize": "nn",
}

__all__ = [
    "CellNetwork",
    "DartsSpace",
    "EcoNAS",
    "EcoNASConfig",
    "Genotype",
    "InputError",
    "Job",
    "Proxy",
    "SearchConfig",
    "SearchNetwork",
    "Task",
    "TrainingConfig",
    "WaveTrainer",
    "load_dataset",
    "run_search",
    "specialize",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
