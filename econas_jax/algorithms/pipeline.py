"""How far ahead of its results an algorithm asks, so that many devices never wait for the last trials of a round."""

from __future__ import annotations

from dataclasses import dataclass

from econas_jax.algorithms.limits import Limits
from econas_jax.errors import require, require_integer


@dataclass(frozen=True)
class Pipelined(Limits):
    """The fields of an algorithm that may choose a round's trials before it knows all results of the rounds before it.

    Raises InputError for a lag that is no whole number of at least 0.
    """

    lag: int = 0  # rounds in flight beside the one that is settled next; each is chosen from what was known before them

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("lag", self.lag, 0)

    def _check_promotions(self, rounds: int, unit: str) -> None:
        """Raises InputError unless some are promoted twice: each promotion waits for the lag, and for a round more."""
        most = max(0, rounds // 2 - 1)
        allowed = f"at most {most}, for the first to be promoted twice within {rounds} {unit}"
        require(self.lag <= most, "lag", self.lag, allowed)
