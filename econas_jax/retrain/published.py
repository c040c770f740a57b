"""Published cells by their names: the one place that knows where names are looked up."""

from __future__ import annotations

from typing import Any

from econas_jax.spaces.darts import published

PUBLISHED = {
    "ECONAS": published.ECONAS,
    "DARTS_V1": published.DARTS_V1,
    "DARTS_V2": published.DARTS_V2,
    "NASNET_A": published.NASNET_A,
    "AMOEBANET_A": published.AMOEBANET_A,
}


def find_published(name: str) -> Any | None:
    """Returns the genotype of this name, in upper or lower case and with hyphens or underscores; None for no name."""
    return PUBLISHED.get(name.strip().upper().replace("-", "_"))


def published_names() -> tuple[str, ...]:
    """Returns all names, for messages."""
    return tuple(PUBLISHED)
