"""Inversions of a fixed sequence whose elements count several times: the discordant pairs of Kendall's tau.

The levels of a merge sort are found once and serve every resample, in O(n log n) each; `scipy.stats.kendalltau` would
sort every resample anew (benchmarks/study/statistics.py compares the two).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from econas_jax.study.weighted_ranks import Counts, Draws, Indices, sums_before

BLOCK = 64  # elements that are compared each with each, by matrix products: faster than the six levels below


@dataclass(frozen=True)
class SmallBlocks:
    """Pieces of a sequence, and the pairs within each piece that are in the wrong order."""

    elements: Indices  # [blocks, BLOCK]; after the last element any, which are in no pair
    inverted: npt.NDArray[np.bool_]  # [blocks, BLOCK, BLOCK]: the first stands on the left and is above the second

    @classmethod
    def of(cls, sequence: Indices, places: Indices) -> SmallBlocks:
        """Cuts the sequence into pieces and compares all places within each."""
        size = min(BLOCK, len(sequence))
        missing = -len(sequence) % size
        elements = np.append(sequence, np.zeros(missing, dtype=np.intp)).reshape(-1, size)
        values = places[elements]
        values[-1, size - missing :] = places.max() + 1  # above all on their left, and not above one another
        inverted = np.triu(values[:, :, None] > values[:, None, :])
        return cls(elements, inverted)

    def inversions(self, draws: Draws) -> Counts:
        """Counts the pairs within the pieces, int [resamples]."""
        counts = draws[self.elements].astype(np.float32)  # exact: a piece's sums are far below 2^24
        right = self.inverted.astype(np.float32) @ counts
        return np.einsum("kib,kib->kb", counts, right).sum(axis=0, dtype=np.float64).astype(np.int64)


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


@dataclass(frozen=True)
class Inversions:
    """All pairs of a sequence that are in the wrong order, found once."""

    blocks: SmallBlocks
    levels: Sequence[MergeLevel]

    @classmethod
    def of(cls, sequence: Indices, places: Indices) -> Inversions:
        """Sorts level by level; places: the rank of every element, from 0, equal ones share theirs."""
        levels, size = [], BLOCK
        while size < len(sequence):
            levels.append(_level(sequence, places, size))
            size *= 2
        return cls(SmallBlocks.of(sequence, places), levels)

    def count(self, draws: Draws) -> Counts:
        """Counts the pairs, int [resamples]; an element stands as often as it is drawn."""
        total = self.blocks.inversions(draws)
        for level in self.levels:
            total = total + level.inversions(draws)
        return total


def _level(sequence: Indices, places: Indices, size: int) -> MergeLevel:
    """Returns the level that merges blocks of a size."""
    positions, values = np.arange(len(sequence)), places[sequence]
    above_all = int(places.max()) + 1
    pair, is_right = positions // (2 * size), positions // size % 2 == 1
    keys = pair * above_all + values
    left, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
    left = left[np.argsort(keys[left])]
    first = np.searchsorted(keys[left], keys[right], side="right")
    end = np.searchsorted(keys[left], (pair[right] + 1) * above_all, side="left")
    some = first < end
    return MergeLevel(sequence[left], sequence[right[some]], first[some], end[some])
