"""Ranks of networks in many resamples at once, from one sort: a resample only changes how often each network counts.

`scipy.stats.rankdata` would sort every resample anew (benchmarks/study/statistics.py compares the two).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from econas_jax.study.coefficients import Accuracies

Indices = npt.NDArray[np.intp]
Draws = npt.NDArray[np.int32]  # how often a resample draws a network, [networks, resamples]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ResampledRanks:
    """Ranks within each resample. They are doubled and centred on 0, so that they are whole numbers without error.

    Copies of a network are ties. A group is all networks of a resample that are equal.
    """

    ranks: Draws  # [networks, resamples]
    squares: Counts  # the sum over groups of their sizes squared, [resamples]
    cubes: Counts  # of their sizes cubed, [resamples]


@dataclass(frozen=True)
class Ranking:
    """Networks in the order of their values; equal ones form a group."""

    order: Indices  # the networks, least first
    ends: Indices  # the place in the order after each group
    group: Indices  # the group of each network

    @classmethod
    def of(cls, *keys: Accuracies) -> Ranking:
        """Sorts by the first key, equal networks by the next one; networks are equal if all their keys are."""
        arrays = [np.asarray(key, dtype=np.float64) for key in keys]
        order = np.lexsort(arrays[::-1])
        new = np.ones(len(order), dtype=bool)
        new[1:] = np.any([array[order][1:] != array[order][:-1] for array in arrays], axis=0)
        group = np.empty(len(order), dtype=np.intp)
        group[order] = np.cumsum(new) - 1
        return cls(order, np.append(np.flatnonzero(new)[1:], len(order)), group)

    def sizes(self, draws: Draws) -> Draws:
        """Counts the networks of each group in each resample, int [groups, resamples]."""
        if len(self.ends) == len(self.order):
            return draws[self.order]
        return np.diff(sums_before(draws[self.order])[np.append(0, self.ends)], axis=0)

    def within(self, draws: Draws) -> ResampledRanks:
        """Returns the ranks within each resample."""
        sizes = self.sizes(draws)
        before = sums_before(sizes)
        ranks = before[:-1] + before[1:] - before[-1]
        squares = np.einsum("gb,gb->b", sizes, sizes, dtype=np.int64)
        return ResampledRanks(ranks[self.group], squares, np.einsum("gb,gb,gb->b", sizes, sizes, sizes, dtype=np.int64))


def sums_before(counts: Draws) -> Draws:
    """Returns the sums of the first 0, 1, ... rows, int [rows + 1, resamples]: those of networks stay below 2^31."""
    sums = np.zeros((len(counts) + 1, counts.shape[1]), dtype=counts.dtype)
    np.cumsum(counts, axis=0, out=sums[1:])
    return sums
