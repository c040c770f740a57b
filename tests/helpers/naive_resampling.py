"""Rank coefficients of resamples by their definitions, from n x n matrices: slow, and the reference for the fast ones.

counts: how often each network is drawn in each resample, float [resamples, networks].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def spearman_resampled(x: Sequence[float] | Array, y: Sequence[float] | Array, counts: Array) -> Array:
    """Pearson's coefficient of mean ranks: those below a network and half of those equal to it."""
    return _pearson(counts @ (1 - _signs(x)) / 2, counts @ (1 - _signs(y)) / 2, counts)


def kendall_resampled(x: Sequence[float] | Array, y: Sequence[float] | Array, counts: Array) -> Array:
    """Sums over pairs of networks as quadratic forms in the counts; copies of one network are ties."""
    first, second = _signs(x), _signs(y)
    both, of_x, of_y = (
        np.einsum("bi,ij,bj->b", counts, matrix, counts) for matrix in (first * second, first**2, second**2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(both / np.sqrt(of_x * of_y))


def _signs(values: Any) -> Array:
    """[i, j]: the sign of the value of i less that of j."""
    array = np.asarray(values, dtype=np.float64)
    return np.asarray(np.sign(array[:, None] - array[None, :]))


def _pearson(x: Array, y: Array, weights: Array) -> Array:
    total = weights.sum(axis=1, keepdims=True)
    x = x - (weights * x).sum(axis=1, keepdims=True) / total
    y = y - (weights * y).sum(axis=1, keepdims=True) / total
    covariance, of_x, of_y = ((weights * product).sum(axis=1) for product in (x * y, x * x, y * y))
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficients = covariance / np.sqrt(of_x * of_y)
    coefficients[(of_x < 1e-9) | (of_y < 1e-9)] = np.nan  # ranks are multiples of 1/2: a variance of 0
    return np.asarray(coefficients)
