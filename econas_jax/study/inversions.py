"""Inversions of a fixed sequence whose elements count several times: the discordant pairs of Kendall's tau.

The levels of a merge sort are found once and serve every resample, O(n log n) each. `scipy.stats.kendalltau` on every
resample takes 12 s for 1,000 resamples of 15,625 networks, this 0.4 s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from econas_jax.study.weighted_ranks import Counts, Draws, Indices, sums_before


@dataclass(frozen=True)
class MergeLevel:
    """Pairs of neighbouring blocks of a sequence: what the elements on the right have to be compared with."""

    left: Indices  # elements of the left blocks, block after block, each in the order of values
    right: Indices  # elements of the right blocks that are below some element on their left
    first: Indices  # for each element of `right`: the place in `left` of the first one that is above it
    end: Indices  # for each element of `right`: the place in `left` after the last one

    def inversions(self, draws: Draws) -> Counts:
        """Counts the pairs of this level, int [resamples]."""
        before = sums_before(draws[self.left])
        return np.einsum("nb,nb->b", draws[self.right], before[self.end] - before[self.first], dtype=np.int64)


def merge_levels(sequence: Indices, places: Indices) -> list[MergeLevel]:
    """Returns the levels from blocks of one element up; places: the rank of every element, equal ones share theirs."""
    length, size, levels = len(sequence), 1, []
    positions, values = np.arange(length), places[sequence]
    above_all = int(values.max(initial=0)) + 1
    while size < length:
        pair, is_right = positions // (2 * size), positions // size % 2 == 1
        keys = pair * above_all + values
        left, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
        left = left[np.argsort(keys[left])]
        first = np.searchsorted(keys[left], keys[right], side="right")
        end = np.searchsorted(keys[left], (pair[right] + 1) * above_all, side="left")
        some = first < end
        if some.any():
            levels.append(MergeLevel(sequence[left], sequence[right[some]], first[some], end[some]))
        size *= 2
    return levels
