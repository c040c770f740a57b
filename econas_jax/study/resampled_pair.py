"""Spearman's rho and Kendall's tau of two rankings of the same networks, in many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from econas_jax.study.coefficients import Accuracies
from econas_jax.study.inversions import Inversions
from econas_jax.study.weighted_ranks import Counts, Draws, Ranking, ResampledRanks

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ResampledPair:
    """All that can be known of a pair before networks are drawn."""

    second: Ranking
    both: Ranking  # by the first list, then by the second: its groups are equal in both
    discordant: Inversions

    @classmethod
    def of(cls, first: Accuracies, second: Accuracies) -> ResampledPair:
        """Sorts the networks; memory and time are O(n log n)."""
        ranking, both = Ranking.of(second), Ranking.of(first, second)
        return cls(ranking, both, Inversions.of(both.order, ranking.group))

    def coefficients(self, first: ResampledRanks, draws: Draws) -> tuple[Values, Values]:
        """Returns rho and tau-b, float [resamples] each; nan where all networks drawn are equal in one of the lists.

        first: the first list's ranks in these resamples.
        """
        second, total = self.second.within(draws), draws.sum(axis=0, dtype=np.int64)
        # The ranks' sum of squares is (n^3 - sum t^3) / 12 with groups of t equal ones; here the ranks are doubled.
        covariance = np.einsum("nb,nb,nb->b", draws, first.ranks, second.ranks, dtype=np.int64)
        rho = _ratio(3 * covariance, total**3 - first.cubes, total**3 - second.cubes)
        tau = _ratio(self._concordance(first, second, draws), total**2 - first.squares, total**2 - second.squares)
        return rho, tau

    def _concordance(self, first: ResampledRanks, second: ResampledRanks, draws: Draws) -> Counts:
        """Counts ordered pairs: concordant less discordant ones."""
        sizes = self.both.sizes(draws)
        untied = (
            draws.sum(axis=0, dtype=np.int64) ** 2
            - first.squares
            - second.squares
            + np.einsum("gb,gb->b", sizes, sizes, dtype=np.int64)
        )
        return np.asarray(untied - 4 * self.discordant.count(draws))


def _ratio(above: Counts, of_first: Counts, of_second: Counts) -> Values:
    # The roots before the product: it would leave the range of 64 bits with many networks.
    below = np.sqrt(of_first.astype(np.float64)) * np.sqrt(of_second.astype(np.float64))
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
