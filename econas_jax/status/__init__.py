"""A look at a search that runs, was stopped or died, without touching it."""

from econas_jax.status.reading import Status, read_status

__all__ = ["Status", "read_status"]
