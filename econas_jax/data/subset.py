"""The share of the training images that a proxy trains on."""

from __future__ import annotations

import math

import numpy as np

from econas_jax.data.dataset import Dataset, Split


def subset_size(dataset: Dataset, sample_ratio: float) -> int:
    """Returns how many training images a sample ratio keeps."""
    return math.floor(len(dataset.train) * sample_ratio)


def training_subset(dataset: Dataset, sample_ratio: float, seed: int) -> Split:
    """The training images of a proxy's sample ratio s: a random subset, drawn once for all candidates (paper, 3.1)."""
    count, kept = len(dataset.train), subset_size(dataset, sample_ratio)
    if kept == count:
        return dataset.train
    chosen = np.sort(np.random.default_rng([seed, count, kept]).permutation(count)[:kept])
    return Split(dataset.train.images[chosen], dataset.train.labels[chosen])
