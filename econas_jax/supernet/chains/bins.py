"""Paths for the training of Single Path One-Shot's supernet, by their multiply-adds as its authors' code draws them."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from econas_jax.errors import require, require_integer, require_number
from econas_jax.spaces.chain.space import ChainSpace
from econas_jax.supernet.chains.cost import CostTable, cost_range
from econas_jax.supernet.chains.sampling import available, sample_path


@dataclasses.dataclass(frozen=True, eq=False)
class BinSampler:
    """Draws a bin of multiply-adds uniformly, then paths uniformly until one lies in it (`src/Search/train.py`).

    The paper draws paths uniformly. Whoever finds no path within `tries` gets the next one wherever it lies. Raises
    InputError for values that make no bins.
    """

    space: ChainSpace
    table: CostTable  # of multiply-adds
    low: float = 290e6
    high: float = 360e6
    bins: int = 7
    tries: int = 500

    def __post_init__(self) -> None:
        require_number("low", self.low, lambda value: value >= 0, "a number of multiply-adds")
        require_number("high", self.high, lambda value: value > self.low, f"more than low, {self.low:g}")
        require_integer("bins", self.bins, 1)
        require_integer("tries", self.tries, 1)
        cheapest, dearest = cost_range(self.space, self.table)
        allowed = f"between {cheapest:g} and {dearest:g}, what paths cost"
        require(self.low <= dearest and self.high >= cheapest, "low, high", (self.low, self.high), allowed)

    def sample(self, key: jax.Array) -> jax.Array:
        """Draws a path, int32 [places]."""
        of_bin, of_paths = jax.random.split(key)
        width = (self.high - self.low) / self.bins
        begin = self.low + jax.random.randint(of_bin, (), 0, self.bins) * width
        there = available(self.space)
        logits = jnp.zeros((self.tries + 1, *there.shape))
        paths = sample_path(of_paths, logits, there[None])
        table, places = jnp.asarray(self.table.added, jnp.float32), jnp.arange(there.shape[0])
        costs = self.table.common + jnp.sum(table[places[None], paths], axis=1)
        fits = (begin <= costs) & (costs <= begin + width)
        # The last path, after all tries, is taken wherever it lies.
        return paths[jnp.argmax(fits.at[self.tries].set(True))]
