"""The share of the training images that a proxy trains on."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from econas_jax.data.dataset import Dataset, Split


def subset_size(dataset: Dataset, sample_ratio: float) -> int:
    """Returns how many training images a sample ratio keeps."""
    return _kept(len(dataset.train), sample_ratio)


def subset_places(count: int, sample_ratio: float, seed: int) -> npt.NDArray[np.int64] | None:
    """Returns which of so many images a sample ratio keeps, ascending; None: all."""
    kept = _kept(count, sample_ratio)
    if kept == count:
        return None
    return np.sort(np.random.default_rng([seed, count, kept]).permutation(count)[:kept])


def training_subset(dataset: Dataset, sample_ratio: float, seed: int) -> Split:
    """The training images of a proxy's sample ratio s: a random subset, drawn once for all candidates (paper, 3.1)."""
    chosen = subset_places(len(dataset.train), sample_ratio, seed)
    return dataset.train if chosen is None else dataset.train.take(chosen)


def _kept(count: int, sample_ratio: float) -> int:
    return math.floor(count * sample_ratio)
