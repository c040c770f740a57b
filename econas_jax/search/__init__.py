"""A whole search: configuration, the loop that joins algorithm and training, commits, progress, the command."""

from econas_jax.search.config import SearchConfig, default_config, from_mapping
from econas_jax.search.loop import SearchInterruptedError, SearchResult, run_search
from econas_jax.search.progress import Reporter

__all__ = [
    "SearchInterruptedError",
    "Reporter",
    "SearchConfig",
    "SearchResult",
    "default_config",
    "from_mapping",
    "run_search",
]
